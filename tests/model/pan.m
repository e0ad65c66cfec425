#define rand	pan_rand
#define pthread_equal(a,b)	((a)==(b))
#if defined(HAS_CODE) && defined(VERBOSE)
	#ifdef BFS_PAR
		bfs_printf("Pr: %d Tr: %d\n", II, t->forw);
	#else
		cpu_printf("Pr: %d Tr: %d\n", II, t->forw);
	#endif
#endif
	switch (t->forw) {
	default: Uerror("bad forward move");
	case 0:	/* if without executable clauses */
		continue;
	case 1: /* generic 'goto' or 'skip' */
		IfNotBlocked
		_m = 3; goto P999;
	case 2: /* generic 'else' */
		IfNotBlocked
		if (trpt->o_pm&1) continue;
		_m = 3; goto P999;

		 /* PROC Master */
	case 3: // STATE 1 - handover.pml:156 - [known[0] = 1] (0:8:7 - 1)
		IfNotBlocked
		reached[1][1] = 1;
		(trpt+1)->bup.ovals = grab_ints(7);
		(trpt+1)->bup.ovals[0] = ((int)now.known[0]);
		now.known[0] = 1;
#ifdef VAR_RANGES
		logval("known[0]", ((int)now.known[0]));
#endif
		;
		/* merge: leaving[0] = 0(8, 2, 8) */
		reached[1][2] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.leaving[0]);
		now.leaving[0] = 0;
#ifdef VAR_RANGES
		logval("leaving[0]", ((int)now.leaving[0]));
#endif
		;
		/* merge: told[0] = 0(8, 3, 8) */
		reached[1][3] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.told[0]);
		now.told[0] = 0;
#ifdef VAR_RANGES
		logval("told[0]", ((int)now.told[0]));
#endif
		;
		/* merge: seen_stopped[0] = 0(8, 4, 8) */
		reached[1][4] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.seen_stopped[0]);
		now.seen_stopped[0] = 0;
#ifdef VAR_RANGES
		logval("seen_stopped[0]", ((int)now.seen_stopped[0]));
#endif
		;
		/* merge: unacknowledged[0] = 0(8, 5, 8) */
		reached[1][5] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.unacknowledged[0]);
		now.unacknowledged[0] = 0;
#ifdef VAR_RANGES
		logval("unacknowledged[0]", ((int)now.unacknowledged[0]));
#endif
		;
		/* merge: alive[0] = 1(8, 6, 8) */
		reached[1][6] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.alive[0]);
		now.alive[0] = 1;
#ifdef VAR_RANGES
		logval("alive[0]", ((int)now.alive[0]));
#endif
		;
		/* merge: stopped[0] = 0(8, 7, 8) */
		reached[1][7] = 1;
		(trpt+1)->bup.ovals[6] = ((int)now.stopped[0]);
		now.stopped[0] = 0;
#ifdef VAR_RANGES
		logval("stopped[0]", ((int)now.stopped[0]));
#endif
		;
		_m = 3; goto P999; /* 6 */
	case 4: // STATE 8 - handover.pml:158 - [(run Worker(0))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][8] = 1;
		if (!(addproc(II, 1, 0, 0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 5: // STATE 10 - handover.pml:156 - [known[1] = 1] (0:17:7 - 1)
		IfNotBlocked
		reached[1][10] = 1;
		(trpt+1)->bup.ovals = grab_ints(7);
		(trpt+1)->bup.ovals[0] = ((int)now.known[1]);
		now.known[1] = 1;
#ifdef VAR_RANGES
		logval("known[1]", ((int)now.known[1]));
#endif
		;
		/* merge: leaving[1] = 0(17, 11, 17) */
		reached[1][11] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.leaving[1]);
		now.leaving[1] = 0;
#ifdef VAR_RANGES
		logval("leaving[1]", ((int)now.leaving[1]));
#endif
		;
		/* merge: told[1] = 0(17, 12, 17) */
		reached[1][12] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.told[1]);
		now.told[1] = 0;
#ifdef VAR_RANGES
		logval("told[1]", ((int)now.told[1]));
#endif
		;
		/* merge: seen_stopped[1] = 0(17, 13, 17) */
		reached[1][13] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.seen_stopped[1]);
		now.seen_stopped[1] = 0;
#ifdef VAR_RANGES
		logval("seen_stopped[1]", ((int)now.seen_stopped[1]));
#endif
		;
		/* merge: unacknowledged[1] = 0(17, 14, 17) */
		reached[1][14] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.unacknowledged[1]);
		now.unacknowledged[1] = 0;
#ifdef VAR_RANGES
		logval("unacknowledged[1]", ((int)now.unacknowledged[1]));
#endif
		;
		/* merge: alive[1] = 1(17, 15, 17) */
		reached[1][15] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.alive[1]);
		now.alive[1] = 1;
#ifdef VAR_RANGES
		logval("alive[1]", ((int)now.alive[1]));
#endif
		;
		/* merge: stopped[1] = 0(17, 16, 17) */
		reached[1][16] = 1;
		(trpt+1)->bup.ovals[6] = ((int)now.stopped[1]);
		now.stopped[1] = 0;
#ifdef VAR_RANGES
		logval("stopped[1]", ((int)now.stopped[1]));
#endif
		;
		_m = 3; goto P999; /* 6 */
	case 6: // STATE 17 - handover.pml:158 - [(run Worker(1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][17] = 1;
		if (!(addproc(II, 1, 0, 1)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 7: // STATE 20 - handover.pml:274 - [(((place[0]==COMING)&&!(draining)))] (300:0:2 - 1)
		IfNotBlocked
		reached[1][20] = 1;
		if (!(((now.place[0]==10)&& !(((int)now.draining)))))
			continue;
		/* merge: place[0] = QUEUED(300, 21, 300) */
		reached[1][21] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = now.place[0];
		now.place[0] = 9;
#ifdef VAR_RANGES
		logval("place[0]", now.place[0]);
#endif
		;
		/* merge: copy[0] = 1(300, 22, 300) */
		reached[1][22] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.copy[0]);
		now.copy[0] = 1;
#ifdef VAR_RANGES
		logval("copy[0]", ((int)now.copy[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 8: // STATE 24 - handover.pml:274 - [(((place[0]==QUEUED)&&draining))] (300:0:2 - 1)
		IfNotBlocked
		reached[1][24] = 1;
		if (!(((now.place[0]==9)&&((int)now.draining))))
			continue;
		/* merge: place[0] = CLOSED(300, 25, 300) */
		reached[1][25] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = now.place[0];
		now.place[0] = 6;
#ifdef VAR_RANGES
		logval("place[0]", now.place[0]);
#endif
		;
		/* merge: copy[0] = 0(300, 26, 300) */
		reached[1][26] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.copy[0]);
		now.copy[0] = 0;
#ifdef VAR_RANGES
		logval("copy[0]", ((int)now.copy[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 9: // STATE 28 - handover.pml:275 - [(((place[1]==COMING)&&!(draining)))] (300:0:2 - 1)
		IfNotBlocked
		reached[1][28] = 1;
		if (!(((now.place[1]==10)&& !(((int)now.draining)))))
			continue;
		/* merge: place[1] = QUEUED(300, 29, 300) */
		reached[1][29] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = now.place[1];
		now.place[1] = 9;
#ifdef VAR_RANGES
		logval("place[1]", now.place[1]);
#endif
		;
		/* merge: copy[1] = 1(300, 30, 300) */
		reached[1][30] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.copy[1]);
		now.copy[1] = 1;
#ifdef VAR_RANGES
		logval("copy[1]", ((int)now.copy[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 10: // STATE 32 - handover.pml:275 - [(((place[1]==QUEUED)&&draining))] (300:0:2 - 1)
		IfNotBlocked
		reached[1][32] = 1;
		if (!(((now.place[1]==9)&&((int)now.draining))))
			continue;
		/* merge: place[1] = CLOSED(300, 33, 300) */
		reached[1][33] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = now.place[1];
		now.place[1] = 6;
#ifdef VAR_RANGES
		logval("place[1]", now.place[1]);
#endif
		;
		/* merge: copy[1] = 0(300, 34, 300) */
		reached[1][34] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.copy[1]);
		now.copy[1] = 0;
#ifdef VAR_RANGES
		logval("copy[1]", ((int)now.copy[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 11: // STATE 36 - handover.pml:279 - [((((place[0]==QUEUED)&&!(draining))&&(((((known[0]&&alive[0])&&!(leaving[0]))&&!(seen_stopped[0]))&&(unacknowledged[0]<1))&&nfull(to_worker[0]))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][36] = 1;
		if (!((((now.place[0]==9)&& !(((int)now.draining)))&&(((((((int)now.known[0])&&((int)now.alive[0]))&& !(((int)now.leaving[0])))&& !(((int)now.seen_stopped[0])))&&(((int)now.unacknowledged[0])<1))&&(!q_full(now.to_worker[0]))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 12: // STATE 37 - handover.pml:279 - [to_worker[0]!SENT,0] (300:0:3 - 1)
		IfNotBlocked
		reached[1][37] = 1;
		if (q_full(now.to_worker[0]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_worker[0]);
		sprintf(simtmp, "%d", 5); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 0); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_worker[0], 0, 5, 0, 2);
		/* merge: place[0] = GIVEN(300, 38, 300) */
		reached[1][38] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = now.place[0];
		now.place[0] = 8;
#ifdef VAR_RANGES
		logval("place[0]", now.place[0]);
#endif
		;
		/* merge: given[0] = 0(300, 39, 300) */
		reached[1][39] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.given[0]);
		now.given[0] = 0;
#ifdef VAR_RANGES
		logval("given[0]", ((int)now.given[0]));
#endif
		;
		/* merge: unacknowledged[0] = (unacknowledged[0]+1)(300, 40, 300) */
		reached[1][40] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.unacknowledged[0]);
		now.unacknowledged[0] = (((int)now.unacknowledged[0])+1);
#ifdef VAR_RANGES
		logval("unacknowledged[0]", ((int)now.unacknowledged[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 2; goto P999; /* 4 */
	case 13: // STATE 42 - handover.pml:280 - [((((place[0]==QUEUED)&&!(draining))&&(((((known[1]&&alive[1])&&!(leaving[1]))&&!(seen_stopped[1]))&&(unacknowledged[1]<1))&&nfull(to_worker[1]))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][42] = 1;
		if (!((((now.place[0]==9)&& !(((int)now.draining)))&&(((((((int)now.known[1])&&((int)now.alive[1]))&& !(((int)now.leaving[1])))&& !(((int)now.seen_stopped[1])))&&(((int)now.unacknowledged[1])<1))&&(!q_full(now.to_worker[1]))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 14: // STATE 43 - handover.pml:280 - [to_worker[1]!SENT,0] (300:0:3 - 1)
		IfNotBlocked
		reached[1][43] = 1;
		if (q_full(now.to_worker[1]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_worker[1]);
		sprintf(simtmp, "%d", 5); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 0); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_worker[1], 0, 5, 0, 2);
		/* merge: place[0] = GIVEN(300, 44, 300) */
		reached[1][44] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = now.place[0];
		now.place[0] = 8;
#ifdef VAR_RANGES
		logval("place[0]", now.place[0]);
#endif
		;
		/* merge: given[0] = 1(300, 45, 300) */
		reached[1][45] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.given[0]);
		now.given[0] = 1;
#ifdef VAR_RANGES
		logval("given[0]", ((int)now.given[0]));
#endif
		;
		/* merge: unacknowledged[1] = (unacknowledged[1]+1)(300, 46, 300) */
		reached[1][46] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.unacknowledged[1]);
		now.unacknowledged[1] = (((int)now.unacknowledged[1])+1);
#ifdef VAR_RANGES
		logval("unacknowledged[1]", ((int)now.unacknowledged[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 2; goto P999; /* 4 */
	case 15: // STATE 48 - handover.pml:281 - [((((place[1]==QUEUED)&&!(draining))&&(((((known[0]&&alive[0])&&!(leaving[0]))&&!(seen_stopped[0]))&&(unacknowledged[0]<1))&&nfull(to_worker[0]))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][48] = 1;
		if (!((((now.place[1]==9)&& !(((int)now.draining)))&&(((((((int)now.known[0])&&((int)now.alive[0]))&& !(((int)now.leaving[0])))&& !(((int)now.seen_stopped[0])))&&(((int)now.unacknowledged[0])<1))&&(!q_full(now.to_worker[0]))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 16: // STATE 49 - handover.pml:281 - [to_worker[0]!SENT,1] (300:0:3 - 1)
		IfNotBlocked
		reached[1][49] = 1;
		if (q_full(now.to_worker[0]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_worker[0]);
		sprintf(simtmp, "%d", 5); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 1); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_worker[0], 0, 5, 1, 2);
		/* merge: place[1] = GIVEN(300, 50, 300) */
		reached[1][50] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = now.place[1];
		now.place[1] = 8;
#ifdef VAR_RANGES
		logval("place[1]", now.place[1]);
#endif
		;
		/* merge: given[1] = 0(300, 51, 300) */
		reached[1][51] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.given[1]);
		now.given[1] = 0;
#ifdef VAR_RANGES
		logval("given[1]", ((int)now.given[1]));
#endif
		;
		/* merge: unacknowledged[0] = (unacknowledged[0]+1)(300, 52, 300) */
		reached[1][52] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.unacknowledged[0]);
		now.unacknowledged[0] = (((int)now.unacknowledged[0])+1);
#ifdef VAR_RANGES
		logval("unacknowledged[0]", ((int)now.unacknowledged[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 2; goto P999; /* 4 */
	case 17: // STATE 54 - handover.pml:282 - [((((place[1]==QUEUED)&&!(draining))&&(((((known[1]&&alive[1])&&!(leaving[1]))&&!(seen_stopped[1]))&&(unacknowledged[1]<1))&&nfull(to_worker[1]))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][54] = 1;
		if (!((((now.place[1]==9)&& !(((int)now.draining)))&&(((((((int)now.known[1])&&((int)now.alive[1]))&& !(((int)now.leaving[1])))&& !(((int)now.seen_stopped[1])))&&(((int)now.unacknowledged[1])<1))&&(!q_full(now.to_worker[1]))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 18: // STATE 55 - handover.pml:282 - [to_worker[1]!SENT,1] (300:0:3 - 1)
		IfNotBlocked
		reached[1][55] = 1;
		if (q_full(now.to_worker[1]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_worker[1]);
		sprintf(simtmp, "%d", 5); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 1); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_worker[1], 0, 5, 1, 2);
		/* merge: place[1] = GIVEN(300, 56, 300) */
		reached[1][56] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = now.place[1];
		now.place[1] = 8;
#ifdef VAR_RANGES
		logval("place[1]", now.place[1]);
#endif
		;
		/* merge: given[1] = 1(300, 57, 300) */
		reached[1][57] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.given[1]);
		now.given[1] = 1;
#ifdef VAR_RANGES
		logval("given[1]", ((int)now.given[1]));
#endif
		;
		/* merge: unacknowledged[1] = (unacknowledged[1]+1)(300, 58, 300) */
		reached[1][58] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.unacknowledged[1]);
		now.unacknowledged[1] = (((int)now.unacknowledged[1])+1);
#ifdef VAR_RANGES
		logval("unacknowledged[1]", ((int)now.unacknowledged[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 2; goto P999; /* 4 */
	case 19: // STATE 60 - handover.pml:293 - [((known[0]&&nempty(to_master[0])))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][60] = 1;
		if (!((((int)now.known[0])&&(q_len(now.to_master[0])>0))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 20: // STATE 61 - handover.pml:164 - [to_master[0]?kind,c] (0:0:2 - 1)
		reached[1][61] = 1;
		if (q_len(now.to_master[0]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->c);
		;
		((P1 *)_this)->kind = qrecv(now.to_master[0], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		((P1 *)_this)->c = qrecv(now.to_master[0], XX-1, 1, 1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_master[0]);
		sprintf(simtmp, "%d", ((P1 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)((P1 *)_this)->c)); strcat(simvals, simtmp);		}
#endif
		;
		_m = 4; goto P999; /* 0 */
	case 21: // STATE 62 - handover.pml:166 - [((kind==ACKNOWLEDGED))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][62] = 1;
		if (!((((P1 *)_this)->kind==2)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.oval = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		_m = 3; goto P999; /* 0 */
	case 22: // STATE 63 - handover.pml:168 - [(((place[c]==GIVEN)&&(given[c]==0)))] (300:0:4 - 1)
		IfNotBlocked
		reached[1][63] = 1;
		if (!(((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==8)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==0))))
			continue;
		/* merge: place[c] = HELD(300, 64, 300) */
		reached[1][64] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 7;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: copy[c] = 0(300, 65, 300) */
		reached[1][65] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.copy[ Index(((P1 *)_this)->c, 2) ] = 0;
#ifdef VAR_RANGES
		logval("copy[Master:c]", ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: unacknowledged[0] = (unacknowledged[0]-1)(300, 66, 300) */
		reached[1][66] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.unacknowledged[0]);
		now.unacknowledged[0] = (((int)now.unacknowledged[0])-1);
#ifdef VAR_RANGES
		logval("unacknowledged[0]", ((int)now.unacknowledged[0]));
#endif
		;
		/* merge: .(goto)(300, 70, 300) */
		reached[1][70] = 1;
		;
		/* merge: .(goto)(300, 76, 300) */
		reached[1][76] = 1;
		;
		/* merge: c = 0(300, 77, 300) */
		reached[1][77] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 7 */
	case 23: // STATE 68 - handover.pml:169 - [(1)] (300:0:1 - 1)
		IfNotBlocked
		reached[1][68] = 1;
		if (!(1))
			continue;
		/* merge: .(goto)(300, 70, 300) */
		reached[1][70] = 1;
		;
		/* merge: .(goto)(300, 76, 300) */
		reached[1][76] = 1;
		;
		/* merge: c = 0(300, 77, 300) */
		reached[1][77] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 24: // STATE 76 - handover.pml:175 - [.(goto)] (0:300:1 - 4)
		IfNotBlocked
		reached[1][76] = 1;
		;
		/* merge: c = 0(300, 77, 300) */
		reached[1][77] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 25: // STATE 71 - handover.pml:171 - [((kind==RETURNED))] (300:0:4 - 1)
		IfNotBlocked
		reached[1][71] = 1;
		if (!((((P1 *)_this)->kind==1)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		/* merge: assert((((place[c]==HELD)&&(given[c]==0))&&!(copy[c])))(300, 72, 300) */
		reached[1][72] = 1;
		spin_assert((((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==7)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==0))&& !(((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]))), "(((place[c]==7)&&(given[c]==0))&& !(copy[c]))", II, tt, t);
		/* merge: place[c] = QUEUED(300, 73, 300) */
		reached[1][73] = 1;
		(trpt+1)->bup.ovals[1] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 9;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: copy[c] = 1(300, 74, 300) */
		reached[1][74] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.copy[ Index(((P1 *)_this)->c, 2) ] = 1;
#ifdef VAR_RANGES
		logval("copy[Master:c]", ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: .(goto)(300, 76, 300) */
		reached[1][76] = 1;
		;
		/* merge: c = 0(300, 77, 300) */
		reached[1][77] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 6 */
	case 26: // STATE 80 - handover.pml:293 - [((known[0]&&!(alive[0])))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][80] = 1;
		if (!((((int)now.known[0])&& !(((int)now.alive[0])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 27: // STATE 81 - handover.pml:183 - [(nempty(to_master[0]))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][81] = 1;
		if (!((q_len(now.to_master[0])>0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 28: // STATE 82 - handover.pml:164 - [to_master[0]?kind,c] (0:0:2 - 1)
		reached[1][82] = 1;
		if (q_len(now.to_master[0]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->c);
		;
		((P1 *)_this)->kind = qrecv(now.to_master[0], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		((P1 *)_this)->c = qrecv(now.to_master[0], XX-1, 1, 1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_master[0]);
		sprintf(simtmp, "%d", ((P1 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)((P1 *)_this)->c)); strcat(simvals, simtmp);		}
#endif
		;
		_m = 4; goto P999; /* 0 */
	case 29: // STATE 83 - handover.pml:166 - [((kind==ACKNOWLEDGED))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][83] = 1;
		if (!((((P1 *)_this)->kind==2)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.oval = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		_m = 3; goto P999; /* 0 */
	case 30: // STATE 84 - handover.pml:168 - [(((place[c]==GIVEN)&&(given[c]==0)))] (102:0:4 - 1)
		IfNotBlocked
		reached[1][84] = 1;
		if (!(((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==8)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==0))))
			continue;
		/* merge: place[c] = HELD(102, 85, 102) */
		reached[1][85] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 7;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: copy[c] = 0(102, 86, 102) */
		reached[1][86] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.copy[ Index(((P1 *)_this)->c, 2) ] = 0;
#ifdef VAR_RANGES
		logval("copy[Master:c]", ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: unacknowledged[0] = (unacknowledged[0]-1)(102, 87, 102) */
		reached[1][87] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.unacknowledged[0]);
		now.unacknowledged[0] = (((int)now.unacknowledged[0])-1);
#ifdef VAR_RANGES
		logval("unacknowledged[0]", ((int)now.unacknowledged[0]));
#endif
		;
		/* merge: .(goto)(102, 91, 102) */
		reached[1][91] = 1;
		;
		/* merge: .(goto)(102, 97, 102) */
		reached[1][97] = 1;
		;
		/* merge: c = 0(102, 98, 102) */
		reached[1][98] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 103, 102) */
		reached[1][103] = 1;
		;
		_m = 3; goto P999; /* 7 */
	case 31: // STATE 89 - handover.pml:169 - [(1)] (102:0:1 - 1)
		IfNotBlocked
		reached[1][89] = 1;
		if (!(1))
			continue;
		/* merge: .(goto)(102, 91, 102) */
		reached[1][91] = 1;
		;
		/* merge: .(goto)(102, 97, 102) */
		reached[1][97] = 1;
		;
		/* merge: c = 0(102, 98, 102) */
		reached[1][98] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 103, 102) */
		reached[1][103] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 32: // STATE 92 - handover.pml:171 - [((kind==RETURNED))] (102:0:4 - 1)
		IfNotBlocked
		reached[1][92] = 1;
		if (!((((P1 *)_this)->kind==1)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		/* merge: assert((((place[c]==HELD)&&(given[c]==0))&&!(copy[c])))(102, 93, 102) */
		reached[1][93] = 1;
		spin_assert((((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==7)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==0))&& !(((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]))), "(((place[c]==7)&&(given[c]==0))&& !(copy[c]))", II, tt, t);
		/* merge: place[c] = QUEUED(102, 94, 102) */
		reached[1][94] = 1;
		(trpt+1)->bup.ovals[1] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 9;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: copy[c] = 1(102, 95, 102) */
		reached[1][95] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.copy[ Index(((P1 *)_this)->c, 2) ] = 1;
#ifdef VAR_RANGES
		logval("copy[Master:c]", ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: .(goto)(102, 97, 102) */
		reached[1][97] = 1;
		;
		/* merge: c = 0(102, 98, 102) */
		reached[1][98] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 103, 102) */
		reached[1][103] = 1;
		;
		_m = 3; goto P999; /* 6 */
	case 33: // STATE 98 - handover.pml:175 - [c = 0] (0:102:1 - 5)
		IfNotBlocked
		reached[1][98] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 103, 102) */
		reached[1][103] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 34: // STATE 100 - handover.pml:184 - [(empty(to_master[0]))] (121:0:1 - 1)
		IfNotBlocked
		reached[1][100] = 1;
		if (!((q_len(now.to_master[0])==0)))
			continue;
		/* merge: goto :b2(121, 101, 121) */
		reached[1][101] = 1;
		;
		/* merge: c = 0(121, 105, 121) */
		reached[1][105] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 122, 121) */
		reached[1][122] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 35: // STATE 105 - handover.pml:187 - [c = 0] (0:121:1 - 3)
		IfNotBlocked
		reached[1][105] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 122, 121) */
		reached[1][122] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 36: // STATE 106 - handover.pml:189 - [((c<2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][106] = 1;
		if (!((((int)((P1 *)_this)->c)<2)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 37: // STATE 107 - handover.pml:191 - [(((place[c]==GIVEN)&&(given[c]==0)))] (121:0:2 - 1)
		IfNotBlocked
		reached[1][107] = 1;
		if (!(((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==8)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==0))))
			continue;
		/* merge: place[c] = QUEUED(121, 108, 121) */
		reached[1][108] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 9;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: .(goto)(121, 117, 121) */
		reached[1][117] = 1;
		;
		/* merge: c = (c+1)(121, 118, 121) */
		reached[1][118] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 122, 121) */
		reached[1][122] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 38: // STATE 109 - handover.pml:200 - [((((place[c]==HELD)&&(given[c]==0))&&!(freed[c])))] (121:0:4 - 1)
		IfNotBlocked
		reached[1][109] = 1;
		if (!((((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==7)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==0))&& !(((int)now.freed[ Index(((int)((P1 *)_this)->c), 2) ])))))
			continue;
		/* merge: assert((owner[c]!=0))(121, 110, 121) */
		reached[1][110] = 1;
		spin_assert((((int)now.owner[ Index(((int)((P1 *)_this)->c), 2) ])!=0), "(owner[c]!=0)", II, tt, t);
		/* merge: place[c] = CLOSED(121, 111, 121) */
		reached[1][111] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 6;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: owner[c] = 0(121, 112, 121) */
		reached[1][112] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.owner[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.owner[ Index(((P1 *)_this)->c, 2) ] = 0;
#ifdef VAR_RANGES
		logval("owner[Master:c]", ((int)now.owner[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: reader[c] = 0(121, 113, 121) */
		reached[1][113] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.reader[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.reader[ Index(((P1 *)_this)->c, 2) ] = 0;
#ifdef VAR_RANGES
		logval("reader[Master:c]", ((int)now.reader[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: .(goto)(121, 117, 121) */
		reached[1][117] = 1;
		;
		/* merge: c = (c+1)(121, 118, 121) */
		reached[1][118] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 122, 121) */
		reached[1][122] = 1;
		;
		_m = 3; goto P999; /* 7 */
	case 39: // STATE 115 - handover.pml:203 - [(1)] (121:0:1 - 1)
		IfNotBlocked
		reached[1][115] = 1;
		if (!(1))
			continue;
		/* merge: .(goto)(121, 117, 121) */
		reached[1][117] = 1;
		;
		/* merge: c = (c+1)(121, 118, 121) */
		reached[1][118] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 122, 121) */
		reached[1][122] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 40: // STATE 118 - handover.pml:205 - [c = (c+1)] (0:121:1 - 4)
		IfNotBlocked
		reached[1][118] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 122, 121) */
		reached[1][122] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 41: // STATE 124 - handover.pml:208 - [c = 0] (0:131:1 - 3)
		IfNotBlocked
		reached[1][124] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 132, 131) */
		reached[1][132] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 42: // STATE 125 - handover.pml:210 - [(nempty(to_worker[0]))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][125] = 1;
		if (!((q_len(now.to_worker[0])>0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 43: // STATE 126 - handover.pml:210 - [to_worker[0]?kind,_] (0:0:3 - 1)
		reached[1][126] = 1;
		if (q_len(now.to_worker[0]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = qrecv(now.to_worker[0], XX-1, 1, 0);
		;
		((P1 *)_this)->kind = qrecv(now.to_worker[0], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		qrecv(now.to_worker[0], XX-1, 1, 1);
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_worker[0]);
		sprintf(simtmp, "%d", ((P1 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)_)); strcat(simvals, simtmp);		}
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: kind */  (trpt+1)->bup.ovals[2] = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		_m = 4; goto P999; /* 0 */
	case 44: // STATE 127 - handover.pml:211 - [(nempty(to_master[0]))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][127] = 1;
		if (!((q_len(now.to_master[0])>0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 45: // STATE 128 - handover.pml:211 - [to_master[0]?kind,_] (0:0:3 - 1)
		reached[1][128] = 1;
		if (q_len(now.to_master[0]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = qrecv(now.to_master[0], XX-1, 1, 0);
		;
		((P1 *)_this)->kind = qrecv(now.to_master[0], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		qrecv(now.to_master[0], XX-1, 1, 1);
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_master[0]);
		sprintf(simtmp, "%d", ((P1 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)_)); strcat(simvals, simtmp);		}
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: kind */  (trpt+1)->bup.ovals[2] = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		_m = 4; goto P999; /* 0 */
	case 46: // STATE 129 - handover.pml:212 - [((empty(to_worker[0])&&empty(to_master[0])))] (300:0:6 - 1)
		IfNotBlocked
		reached[1][129] = 1;
		if (!(((q_len(now.to_worker[0])==0)&&(q_len(now.to_master[0])==0))))
			continue;
		/* merge: goto :b4(300, 130, 300) */
		reached[1][130] = 1;
		;
		/* merge: kind = 0(300, 134, 300) */
		reached[1][134] = 1;
		(trpt+1)->bup.ovals = grab_ints(6);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		((P1 *)_this)->kind = 0;
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		/* merge: known[0] = 0(300, 135, 300) */
		reached[1][135] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.known[0]);
		now.known[0] = 0;
#ifdef VAR_RANGES
		logval("known[0]", ((int)now.known[0]));
#endif
		;
		/* merge: leaving[0] = 0(300, 136, 300) */
		reached[1][136] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.leaving[0]);
		now.leaving[0] = 0;
#ifdef VAR_RANGES
		logval("leaving[0]", ((int)now.leaving[0]));
#endif
		;
		/* merge: told[0] = 0(300, 137, 300) */
		reached[1][137] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.told[0]);
		now.told[0] = 0;
#ifdef VAR_RANGES
		logval("told[0]", ((int)now.told[0]));
#endif
		;
		/* merge: seen_stopped[0] = 0(300, 138, 300) */
		reached[1][138] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.seen_stopped[0]);
		now.seen_stopped[0] = 0;
#ifdef VAR_RANGES
		logval("seen_stopped[0]", ((int)now.seen_stopped[0]));
#endif
		;
		/* merge: unacknowledged[0] = 0(300, 139, 300) */
		reached[1][139] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.unacknowledged[0]);
		now.unacknowledged[0] = 0;
#ifdef VAR_RANGES
		logval("unacknowledged[0]", ((int)now.unacknowledged[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 8 */
	case 47: // STATE 134 - handover.pml:214 - [kind = 0] (0:300:6 - 3)
		IfNotBlocked
		reached[1][134] = 1;
		(trpt+1)->bup.ovals = grab_ints(6);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		((P1 *)_this)->kind = 0;
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		/* merge: known[0] = 0(300, 135, 300) */
		reached[1][135] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.known[0]);
		now.known[0] = 0;
#ifdef VAR_RANGES
		logval("known[0]", ((int)now.known[0]));
#endif
		;
		/* merge: leaving[0] = 0(300, 136, 300) */
		reached[1][136] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.leaving[0]);
		now.leaving[0] = 0;
#ifdef VAR_RANGES
		logval("leaving[0]", ((int)now.leaving[0]));
#endif
		;
		/* merge: told[0] = 0(300, 137, 300) */
		reached[1][137] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.told[0]);
		now.told[0] = 0;
#ifdef VAR_RANGES
		logval("told[0]", ((int)now.told[0]));
#endif
		;
		/* merge: seen_stopped[0] = 0(300, 138, 300) */
		reached[1][138] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.seen_stopped[0]);
		now.seen_stopped[0] = 0;
#ifdef VAR_RANGES
		logval("seen_stopped[0]", ((int)now.seen_stopped[0]));
#endif
		;
		/* merge: unacknowledged[0] = 0(300, 139, 300) */
		reached[1][139] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.unacknowledged[0]);
		now.unacknowledged[0] = 0;
#ifdef VAR_RANGES
		logval("unacknowledged[0]", ((int)now.unacknowledged[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 6 */
	case 48: // STATE 142 - handover.pml:293 - [(((known[0]&&alive[0])&&(seen_stopped[0]!=stopped[0])))] (300:0:1 - 1)
		IfNotBlocked
		reached[1][142] = 1;
		if (!(((((int)now.known[0])&&((int)now.alive[0]))&&(((int)now.seen_stopped[0])!=((int)now.stopped[0])))))
			continue;
		/* merge: seen_stopped[0] = stopped[0](0, 143, 300) */
		reached[1][143] = 1;
		(trpt+1)->bup.oval = ((int)now.seen_stopped[0]);
		now.seen_stopped[0] = ((int)now.stopped[0]);
#ifdef VAR_RANGES
		logval("seen_stopped[0]", ((int)now.seen_stopped[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 49: // STATE 145 - handover.pml:293 - [(((!(known[0])&&!(draining))&&(starts>0)))] (155:0:1 - 1)
		IfNotBlocked
		reached[1][145] = 1;
		if (!((( !(((int)now.known[0]))&& !(((int)now.draining)))&&(((int)now.starts)>0))))
			continue;
		/* merge: starts = (starts-1)(0, 146, 155) */
		reached[1][146] = 1;
		(trpt+1)->bup.oval = ((int)now.starts);
		now.starts = (((int)now.starts)-1);
#ifdef VAR_RANGES
		logval("starts", ((int)now.starts));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 50: // STATE 147 - handover.pml:156 - [known[0] = 1] (0:154:7 - 1)
		IfNotBlocked
		reached[1][147] = 1;
		(trpt+1)->bup.ovals = grab_ints(7);
		(trpt+1)->bup.ovals[0] = ((int)now.known[0]);
		now.known[0] = 1;
#ifdef VAR_RANGES
		logval("known[0]", ((int)now.known[0]));
#endif
		;
		/* merge: leaving[0] = 0(154, 148, 154) */
		reached[1][148] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.leaving[0]);
		now.leaving[0] = 0;
#ifdef VAR_RANGES
		logval("leaving[0]", ((int)now.leaving[0]));
#endif
		;
		/* merge: told[0] = 0(154, 149, 154) */
		reached[1][149] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.told[0]);
		now.told[0] = 0;
#ifdef VAR_RANGES
		logval("told[0]", ((int)now.told[0]));
#endif
		;
		/* merge: seen_stopped[0] = 0(154, 150, 154) */
		reached[1][150] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.seen_stopped[0]);
		now.seen_stopped[0] = 0;
#ifdef VAR_RANGES
		logval("seen_stopped[0]", ((int)now.seen_stopped[0]));
#endif
		;
		/* merge: unacknowledged[0] = 0(154, 151, 154) */
		reached[1][151] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.unacknowledged[0]);
		now.unacknowledged[0] = 0;
#ifdef VAR_RANGES
		logval("unacknowledged[0]", ((int)now.unacknowledged[0]));
#endif
		;
		/* merge: alive[0] = 1(154, 152, 154) */
		reached[1][152] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.alive[0]);
		now.alive[0] = 1;
#ifdef VAR_RANGES
		logval("alive[0]", ((int)now.alive[0]));
#endif
		;
		/* merge: stopped[0] = 0(154, 153, 154) */
		reached[1][153] = 1;
		(trpt+1)->bup.ovals[6] = ((int)now.stopped[0]);
		now.stopped[0] = 0;
#ifdef VAR_RANGES
		logval("stopped[0]", ((int)now.stopped[0]));
#endif
		;
		_m = 3; goto P999; /* 6 */
	case 51: // STATE 154 - handover.pml:158 - [(run Worker(0))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][154] = 1;
		if (!(addproc(II, 1, 0, 0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 52: // STATE 157 - handover.pml:293 - [((((((known[0]&&alive[0])&&!(leaving[0]))&&!(draining))&&(recycles>0))&&nfull(to_worker[0])))] (159:0:1 - 1)
		IfNotBlocked
		reached[1][157] = 1;
		if (!((((((((int)now.known[0])&&((int)now.alive[0]))&& !(((int)now.leaving[0])))&& !(((int)now.draining)))&&(((int)now.recycles)>0))&&(!q_full(now.to_worker[0])))))
			continue;
		/* merge: recycles = (recycles-1)(0, 158, 159) */
		reached[1][158] = 1;
		(trpt+1)->bup.oval = ((int)now.recycles);
		now.recycles = (((int)now.recycles)-1);
#ifdef VAR_RANGES
		logval("recycles", ((int)now.recycles));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 53: // STATE 159 - handover.pml:293 - [to_worker[0]!RETIRE,0] (300:0:1 - 1)
		IfNotBlocked
		reached[1][159] = 1;
		if (q_full(now.to_worker[0]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_worker[0]);
		sprintf(simtmp, "%d", 4); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 0); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_worker[0], 0, 4, 0, 2);
		/* merge: leaving[0] = 1(0, 160, 300) */
		reached[1][160] = 1;
		(trpt+1)->bup.oval = ((int)now.leaving[0]);
		now.leaving[0] = 1;
#ifdef VAR_RANGES
		logval("leaving[0]", ((int)now.leaving[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 2; goto P999; /* 2 */
	case 54: // STATE 162 - handover.pml:293 - [(((((draining&&known[0])&&alive[0])&&!(told[0]))&&nfull(to_worker[0])))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][162] = 1;
		if (!(((((((int)now.draining)&&((int)now.known[0]))&&((int)now.alive[0]))&& !(((int)now.told[0])))&&(!q_full(now.to_worker[0])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 55: // STATE 163 - handover.pml:293 - [to_worker[0]!DRAIN,0] (300:0:2 - 1)
		IfNotBlocked
		reached[1][163] = 1;
		if (q_full(now.to_worker[0]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_worker[0]);
		sprintf(simtmp, "%d", 3); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 0); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_worker[0], 0, 3, 0, 2);
		/* merge: leaving[0] = 1(300, 164, 300) */
		reached[1][164] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.leaving[0]);
		now.leaving[0] = 1;
#ifdef VAR_RANGES
		logval("leaving[0]", ((int)now.leaving[0]));
#endif
		;
		/* merge: told[0] = 1(300, 165, 300) */
		reached[1][165] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.told[0]);
		now.told[0] = 1;
#ifdef VAR_RANGES
		logval("told[0]", ((int)now.told[0]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 2; goto P999; /* 3 */
	case 56: // STATE 167 - handover.pml:294 - [((known[1]&&nempty(to_master[1])))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][167] = 1;
		if (!((((int)now.known[1])&&(q_len(now.to_master[1])>0))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 57: // STATE 168 - handover.pml:164 - [to_master[1]?kind,c] (0:0:2 - 1)
		reached[1][168] = 1;
		if (q_len(now.to_master[1]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->c);
		;
		((P1 *)_this)->kind = qrecv(now.to_master[1], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		((P1 *)_this)->c = qrecv(now.to_master[1], XX-1, 1, 1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_master[1]);
		sprintf(simtmp, "%d", ((P1 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)((P1 *)_this)->c)); strcat(simvals, simtmp);		}
#endif
		;
		_m = 4; goto P999; /* 0 */
	case 58: // STATE 169 - handover.pml:166 - [((kind==ACKNOWLEDGED))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][169] = 1;
		if (!((((P1 *)_this)->kind==2)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.oval = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		_m = 3; goto P999; /* 0 */
	case 59: // STATE 170 - handover.pml:168 - [(((place[c]==GIVEN)&&(given[c]==1)))] (300:0:4 - 1)
		IfNotBlocked
		reached[1][170] = 1;
		if (!(((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==8)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==1))))
			continue;
		/* merge: place[c] = HELD(300, 171, 300) */
		reached[1][171] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 7;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: copy[c] = 0(300, 172, 300) */
		reached[1][172] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.copy[ Index(((P1 *)_this)->c, 2) ] = 0;
#ifdef VAR_RANGES
		logval("copy[Master:c]", ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: unacknowledged[1] = (unacknowledged[1]-1)(300, 173, 300) */
		reached[1][173] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.unacknowledged[1]);
		now.unacknowledged[1] = (((int)now.unacknowledged[1])-1);
#ifdef VAR_RANGES
		logval("unacknowledged[1]", ((int)now.unacknowledged[1]));
#endif
		;
		/* merge: .(goto)(300, 177, 300) */
		reached[1][177] = 1;
		;
		/* merge: .(goto)(300, 183, 300) */
		reached[1][183] = 1;
		;
		/* merge: c = 0(300, 184, 300) */
		reached[1][184] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 7 */
	case 60: // STATE 175 - handover.pml:169 - [(1)] (300:0:1 - 1)
		IfNotBlocked
		reached[1][175] = 1;
		if (!(1))
			continue;
		/* merge: .(goto)(300, 177, 300) */
		reached[1][177] = 1;
		;
		/* merge: .(goto)(300, 183, 300) */
		reached[1][183] = 1;
		;
		/* merge: c = 0(300, 184, 300) */
		reached[1][184] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 61: // STATE 183 - handover.pml:175 - [.(goto)] (0:300:1 - 4)
		IfNotBlocked
		reached[1][183] = 1;
		;
		/* merge: c = 0(300, 184, 300) */
		reached[1][184] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 62: // STATE 178 - handover.pml:171 - [((kind==RETURNED))] (300:0:4 - 1)
		IfNotBlocked
		reached[1][178] = 1;
		if (!((((P1 *)_this)->kind==1)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		/* merge: assert((((place[c]==HELD)&&(given[c]==1))&&!(copy[c])))(300, 179, 300) */
		reached[1][179] = 1;
		spin_assert((((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==7)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==1))&& !(((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]))), "(((place[c]==7)&&(given[c]==1))&& !(copy[c]))", II, tt, t);
		/* merge: place[c] = QUEUED(300, 180, 300) */
		reached[1][180] = 1;
		(trpt+1)->bup.ovals[1] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 9;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: copy[c] = 1(300, 181, 300) */
		reached[1][181] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.copy[ Index(((P1 *)_this)->c, 2) ] = 1;
#ifdef VAR_RANGES
		logval("copy[Master:c]", ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: .(goto)(300, 183, 300) */
		reached[1][183] = 1;
		;
		/* merge: c = 0(300, 184, 300) */
		reached[1][184] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 6 */
	case 63: // STATE 187 - handover.pml:294 - [((known[1]&&!(alive[1])))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][187] = 1;
		if (!((((int)now.known[1])&& !(((int)now.alive[1])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 64: // STATE 188 - handover.pml:183 - [(nempty(to_master[1]))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][188] = 1;
		if (!((q_len(now.to_master[1])>0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 65: // STATE 189 - handover.pml:164 - [to_master[1]?kind,c] (0:0:2 - 1)
		reached[1][189] = 1;
		if (q_len(now.to_master[1]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->c);
		;
		((P1 *)_this)->kind = qrecv(now.to_master[1], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		((P1 *)_this)->c = qrecv(now.to_master[1], XX-1, 1, 1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_master[1]);
		sprintf(simtmp, "%d", ((P1 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)((P1 *)_this)->c)); strcat(simvals, simtmp);		}
#endif
		;
		_m = 4; goto P999; /* 0 */
	case 66: // STATE 190 - handover.pml:166 - [((kind==ACKNOWLEDGED))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][190] = 1;
		if (!((((P1 *)_this)->kind==2)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.oval = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		_m = 3; goto P999; /* 0 */
	case 67: // STATE 191 - handover.pml:168 - [(((place[c]==GIVEN)&&(given[c]==1)))] (209:0:4 - 1)
		IfNotBlocked
		reached[1][191] = 1;
		if (!(((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==8)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==1))))
			continue;
		/* merge: place[c] = HELD(209, 192, 209) */
		reached[1][192] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 7;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: copy[c] = 0(209, 193, 209) */
		reached[1][193] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.copy[ Index(((P1 *)_this)->c, 2) ] = 0;
#ifdef VAR_RANGES
		logval("copy[Master:c]", ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: unacknowledged[1] = (unacknowledged[1]-1)(209, 194, 209) */
		reached[1][194] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.unacknowledged[1]);
		now.unacknowledged[1] = (((int)now.unacknowledged[1])-1);
#ifdef VAR_RANGES
		logval("unacknowledged[1]", ((int)now.unacknowledged[1]));
#endif
		;
		/* merge: .(goto)(209, 198, 209) */
		reached[1][198] = 1;
		;
		/* merge: .(goto)(209, 204, 209) */
		reached[1][204] = 1;
		;
		/* merge: c = 0(209, 205, 209) */
		reached[1][205] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 210, 209) */
		reached[1][210] = 1;
		;
		_m = 3; goto P999; /* 7 */
	case 68: // STATE 196 - handover.pml:169 - [(1)] (209:0:1 - 1)
		IfNotBlocked
		reached[1][196] = 1;
		if (!(1))
			continue;
		/* merge: .(goto)(209, 198, 209) */
		reached[1][198] = 1;
		;
		/* merge: .(goto)(209, 204, 209) */
		reached[1][204] = 1;
		;
		/* merge: c = 0(209, 205, 209) */
		reached[1][205] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 210, 209) */
		reached[1][210] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 69: // STATE 199 - handover.pml:171 - [((kind==RETURNED))] (209:0:4 - 1)
		IfNotBlocked
		reached[1][199] = 1;
		if (!((((P1 *)_this)->kind==1)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		/* merge: assert((((place[c]==HELD)&&(given[c]==1))&&!(copy[c])))(209, 200, 209) */
		reached[1][200] = 1;
		spin_assert((((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==7)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==1))&& !(((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]))), "(((place[c]==7)&&(given[c]==1))&& !(copy[c]))", II, tt, t);
		/* merge: place[c] = QUEUED(209, 201, 209) */
		reached[1][201] = 1;
		(trpt+1)->bup.ovals[1] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 9;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: copy[c] = 1(209, 202, 209) */
		reached[1][202] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.copy[ Index(((P1 *)_this)->c, 2) ] = 1;
#ifdef VAR_RANGES
		logval("copy[Master:c]", ((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: .(goto)(209, 204, 209) */
		reached[1][204] = 1;
		;
		/* merge: c = 0(209, 205, 209) */
		reached[1][205] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 210, 209) */
		reached[1][210] = 1;
		;
		_m = 3; goto P999; /* 6 */
	case 70: // STATE 205 - handover.pml:175 - [c = 0] (0:209:1 - 5)
		IfNotBlocked
		reached[1][205] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 210, 209) */
		reached[1][210] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 71: // STATE 207 - handover.pml:184 - [(empty(to_master[1]))] (228:0:1 - 1)
		IfNotBlocked
		reached[1][207] = 1;
		if (!((q_len(now.to_master[1])==0)))
			continue;
		/* merge: goto :b5(228, 208, 228) */
		reached[1][208] = 1;
		;
		/* merge: c = 0(228, 212, 228) */
		reached[1][212] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 229, 228) */
		reached[1][229] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 72: // STATE 212 - handover.pml:187 - [c = 0] (0:228:1 - 3)
		IfNotBlocked
		reached[1][212] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 229, 228) */
		reached[1][229] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 73: // STATE 213 - handover.pml:189 - [((c<2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][213] = 1;
		if (!((((int)((P1 *)_this)->c)<2)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 74: // STATE 214 - handover.pml:191 - [(((place[c]==GIVEN)&&(given[c]==1)))] (228:0:2 - 1)
		IfNotBlocked
		reached[1][214] = 1;
		if (!(((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==8)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==1))))
			continue;
		/* merge: place[c] = QUEUED(228, 215, 228) */
		reached[1][215] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 9;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: .(goto)(228, 224, 228) */
		reached[1][224] = 1;
		;
		/* merge: c = (c+1)(228, 225, 228) */
		reached[1][225] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 229, 228) */
		reached[1][229] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 75: // STATE 216 - handover.pml:200 - [((((place[c]==HELD)&&(given[c]==1))&&!(freed[c])))] (228:0:4 - 1)
		IfNotBlocked
		reached[1][216] = 1;
		if (!((((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==7)&&(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ])==1))&& !(((int)now.freed[ Index(((int)((P1 *)_this)->c), 2) ])))))
			continue;
		/* merge: assert((owner[c]!=0))(228, 217, 228) */
		reached[1][217] = 1;
		spin_assert((((int)now.owner[ Index(((int)((P1 *)_this)->c), 2) ])!=0), "(owner[c]!=0)", II, tt, t);
		/* merge: place[c] = CLOSED(228, 218, 228) */
		reached[1][218] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = now.place[ Index(((int)((P1 *)_this)->c), 2) ];
		now.place[ Index(((P1 *)_this)->c, 2) ] = 6;
#ifdef VAR_RANGES
		logval("place[Master:c]", now.place[ Index(((int)((P1 *)_this)->c), 2) ]);
#endif
		;
		/* merge: owner[c] = 0(228, 219, 228) */
		reached[1][219] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.owner[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.owner[ Index(((P1 *)_this)->c, 2) ] = 0;
#ifdef VAR_RANGES
		logval("owner[Master:c]", ((int)now.owner[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: reader[c] = 0(228, 220, 228) */
		reached[1][220] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.reader[ Index(((int)((P1 *)_this)->c), 2) ]);
		now.reader[ Index(((P1 *)_this)->c, 2) ] = 0;
#ifdef VAR_RANGES
		logval("reader[Master:c]", ((int)now.reader[ Index(((int)((P1 *)_this)->c), 2) ]));
#endif
		;
		/* merge: .(goto)(228, 224, 228) */
		reached[1][224] = 1;
		;
		/* merge: c = (c+1)(228, 225, 228) */
		reached[1][225] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 229, 228) */
		reached[1][229] = 1;
		;
		_m = 3; goto P999; /* 7 */
	case 76: // STATE 222 - handover.pml:203 - [(1)] (228:0:1 - 1)
		IfNotBlocked
		reached[1][222] = 1;
		if (!(1))
			continue;
		/* merge: .(goto)(228, 224, 228) */
		reached[1][224] = 1;
		;
		/* merge: c = (c+1)(228, 225, 228) */
		reached[1][225] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 229, 228) */
		reached[1][229] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 77: // STATE 225 - handover.pml:205 - [c = (c+1)] (0:228:1 - 4)
		IfNotBlocked
		reached[1][225] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 229, 228) */
		reached[1][229] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 78: // STATE 231 - handover.pml:208 - [c = 0] (0:238:1 - 3)
		IfNotBlocked
		reached[1][231] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 239, 238) */
		reached[1][239] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 79: // STATE 232 - handover.pml:210 - [(nempty(to_worker[1]))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][232] = 1;
		if (!((q_len(now.to_worker[1])>0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 80: // STATE 233 - handover.pml:210 - [to_worker[1]?kind,_] (0:0:3 - 1)
		reached[1][233] = 1;
		if (q_len(now.to_worker[1]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = qrecv(now.to_worker[1], XX-1, 1, 0);
		;
		((P1 *)_this)->kind = qrecv(now.to_worker[1], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		qrecv(now.to_worker[1], XX-1, 1, 1);
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_worker[1]);
		sprintf(simtmp, "%d", ((P1 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)_)); strcat(simvals, simtmp);		}
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: kind */  (trpt+1)->bup.ovals[2] = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		_m = 4; goto P999; /* 0 */
	case 81: // STATE 234 - handover.pml:211 - [(nempty(to_master[1]))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][234] = 1;
		if (!((q_len(now.to_master[1])>0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 82: // STATE 235 - handover.pml:211 - [to_master[1]?kind,_] (0:0:3 - 1)
		reached[1][235] = 1;
		if (q_len(now.to_master[1]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = qrecv(now.to_master[1], XX-1, 1, 0);
		;
		((P1 *)_this)->kind = qrecv(now.to_master[1], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		qrecv(now.to_master[1], XX-1, 1, 1);
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_master[1]);
		sprintf(simtmp, "%d", ((P1 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)_)); strcat(simvals, simtmp);		}
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: kind */  (trpt+1)->bup.ovals[2] = ((P1 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->kind = 0;
		_m = 4; goto P999; /* 0 */
	case 83: // STATE 236 - handover.pml:212 - [((empty(to_worker[1])&&empty(to_master[1])))] (300:0:6 - 1)
		IfNotBlocked
		reached[1][236] = 1;
		if (!(((q_len(now.to_worker[1])==0)&&(q_len(now.to_master[1])==0))))
			continue;
		/* merge: goto :b7(300, 237, 300) */
		reached[1][237] = 1;
		;
		/* merge: kind = 0(300, 241, 300) */
		reached[1][241] = 1;
		(trpt+1)->bup.ovals = grab_ints(6);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		((P1 *)_this)->kind = 0;
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		/* merge: known[1] = 0(300, 242, 300) */
		reached[1][242] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.known[1]);
		now.known[1] = 0;
#ifdef VAR_RANGES
		logval("known[1]", ((int)now.known[1]));
#endif
		;
		/* merge: leaving[1] = 0(300, 243, 300) */
		reached[1][243] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.leaving[1]);
		now.leaving[1] = 0;
#ifdef VAR_RANGES
		logval("leaving[1]", ((int)now.leaving[1]));
#endif
		;
		/* merge: told[1] = 0(300, 244, 300) */
		reached[1][244] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.told[1]);
		now.told[1] = 0;
#ifdef VAR_RANGES
		logval("told[1]", ((int)now.told[1]));
#endif
		;
		/* merge: seen_stopped[1] = 0(300, 245, 300) */
		reached[1][245] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.seen_stopped[1]);
		now.seen_stopped[1] = 0;
#ifdef VAR_RANGES
		logval("seen_stopped[1]", ((int)now.seen_stopped[1]));
#endif
		;
		/* merge: unacknowledged[1] = 0(300, 246, 300) */
		reached[1][246] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.unacknowledged[1]);
		now.unacknowledged[1] = 0;
#ifdef VAR_RANGES
		logval("unacknowledged[1]", ((int)now.unacknowledged[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 8 */
	case 84: // STATE 241 - handover.pml:214 - [kind = 0] (0:300:6 - 3)
		IfNotBlocked
		reached[1][241] = 1;
		(trpt+1)->bup.ovals = grab_ints(6);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->kind;
		((P1 *)_this)->kind = 0;
#ifdef VAR_RANGES
		logval("Master:kind", ((P1 *)_this)->kind);
#endif
		;
		/* merge: known[1] = 0(300, 242, 300) */
		reached[1][242] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.known[1]);
		now.known[1] = 0;
#ifdef VAR_RANGES
		logval("known[1]", ((int)now.known[1]));
#endif
		;
		/* merge: leaving[1] = 0(300, 243, 300) */
		reached[1][243] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.leaving[1]);
		now.leaving[1] = 0;
#ifdef VAR_RANGES
		logval("leaving[1]", ((int)now.leaving[1]));
#endif
		;
		/* merge: told[1] = 0(300, 244, 300) */
		reached[1][244] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.told[1]);
		now.told[1] = 0;
#ifdef VAR_RANGES
		logval("told[1]", ((int)now.told[1]));
#endif
		;
		/* merge: seen_stopped[1] = 0(300, 245, 300) */
		reached[1][245] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.seen_stopped[1]);
		now.seen_stopped[1] = 0;
#ifdef VAR_RANGES
		logval("seen_stopped[1]", ((int)now.seen_stopped[1]));
#endif
		;
		/* merge: unacknowledged[1] = 0(300, 246, 300) */
		reached[1][246] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.unacknowledged[1]);
		now.unacknowledged[1] = 0;
#ifdef VAR_RANGES
		logval("unacknowledged[1]", ((int)now.unacknowledged[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 6 */
	case 85: // STATE 249 - handover.pml:294 - [(((known[1]&&alive[1])&&(seen_stopped[1]!=stopped[1])))] (300:0:1 - 1)
		IfNotBlocked
		reached[1][249] = 1;
		if (!(((((int)now.known[1])&&((int)now.alive[1]))&&(((int)now.seen_stopped[1])!=((int)now.stopped[1])))))
			continue;
		/* merge: seen_stopped[1] = stopped[1](0, 250, 300) */
		reached[1][250] = 1;
		(trpt+1)->bup.oval = ((int)now.seen_stopped[1]);
		now.seen_stopped[1] = ((int)now.stopped[1]);
#ifdef VAR_RANGES
		logval("seen_stopped[1]", ((int)now.seen_stopped[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 86: // STATE 252 - handover.pml:294 - [(((!(known[1])&&!(draining))&&(starts>0)))] (262:0:1 - 1)
		IfNotBlocked
		reached[1][252] = 1;
		if (!((( !(((int)now.known[1]))&& !(((int)now.draining)))&&(((int)now.starts)>0))))
			continue;
		/* merge: starts = (starts-1)(0, 253, 262) */
		reached[1][253] = 1;
		(trpt+1)->bup.oval = ((int)now.starts);
		now.starts = (((int)now.starts)-1);
#ifdef VAR_RANGES
		logval("starts", ((int)now.starts));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 87: // STATE 254 - handover.pml:156 - [known[1] = 1] (0:261:7 - 1)
		IfNotBlocked
		reached[1][254] = 1;
		(trpt+1)->bup.ovals = grab_ints(7);
		(trpt+1)->bup.ovals[0] = ((int)now.known[1]);
		now.known[1] = 1;
#ifdef VAR_RANGES
		logval("known[1]", ((int)now.known[1]));
#endif
		;
		/* merge: leaving[1] = 0(261, 255, 261) */
		reached[1][255] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.leaving[1]);
		now.leaving[1] = 0;
#ifdef VAR_RANGES
		logval("leaving[1]", ((int)now.leaving[1]));
#endif
		;
		/* merge: told[1] = 0(261, 256, 261) */
		reached[1][256] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.told[1]);
		now.told[1] = 0;
#ifdef VAR_RANGES
		logval("told[1]", ((int)now.told[1]));
#endif
		;
		/* merge: seen_stopped[1] = 0(261, 257, 261) */
		reached[1][257] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.seen_stopped[1]);
		now.seen_stopped[1] = 0;
#ifdef VAR_RANGES
		logval("seen_stopped[1]", ((int)now.seen_stopped[1]));
#endif
		;
		/* merge: unacknowledged[1] = 0(261, 258, 261) */
		reached[1][258] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.unacknowledged[1]);
		now.unacknowledged[1] = 0;
#ifdef VAR_RANGES
		logval("unacknowledged[1]", ((int)now.unacknowledged[1]));
#endif
		;
		/* merge: alive[1] = 1(261, 259, 261) */
		reached[1][259] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.alive[1]);
		now.alive[1] = 1;
#ifdef VAR_RANGES
		logval("alive[1]", ((int)now.alive[1]));
#endif
		;
		/* merge: stopped[1] = 0(261, 260, 261) */
		reached[1][260] = 1;
		(trpt+1)->bup.ovals[6] = ((int)now.stopped[1]);
		now.stopped[1] = 0;
#ifdef VAR_RANGES
		logval("stopped[1]", ((int)now.stopped[1]));
#endif
		;
		_m = 3; goto P999; /* 6 */
	case 88: // STATE 261 - handover.pml:158 - [(run Worker(1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][261] = 1;
		if (!(addproc(II, 1, 0, 1)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 89: // STATE 264 - handover.pml:294 - [((((((known[1]&&alive[1])&&!(leaving[1]))&&!(draining))&&(recycles>0))&&nfull(to_worker[1])))] (266:0:1 - 1)
		IfNotBlocked
		reached[1][264] = 1;
		if (!((((((((int)now.known[1])&&((int)now.alive[1]))&& !(((int)now.leaving[1])))&& !(((int)now.draining)))&&(((int)now.recycles)>0))&&(!q_full(now.to_worker[1])))))
			continue;
		/* merge: recycles = (recycles-1)(0, 265, 266) */
		reached[1][265] = 1;
		(trpt+1)->bup.oval = ((int)now.recycles);
		now.recycles = (((int)now.recycles)-1);
#ifdef VAR_RANGES
		logval("recycles", ((int)now.recycles));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 90: // STATE 266 - handover.pml:294 - [to_worker[1]!RETIRE,0] (300:0:1 - 1)
		IfNotBlocked
		reached[1][266] = 1;
		if (q_full(now.to_worker[1]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_worker[1]);
		sprintf(simtmp, "%d", 4); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 0); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_worker[1], 0, 4, 0, 2);
		/* merge: leaving[1] = 1(0, 267, 300) */
		reached[1][267] = 1;
		(trpt+1)->bup.oval = ((int)now.leaving[1]);
		now.leaving[1] = 1;
#ifdef VAR_RANGES
		logval("leaving[1]", ((int)now.leaving[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 2; goto P999; /* 2 */
	case 91: // STATE 269 - handover.pml:294 - [(((((draining&&known[1])&&alive[1])&&!(told[1]))&&nfull(to_worker[1])))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][269] = 1;
		if (!(((((((int)now.draining)&&((int)now.known[1]))&&((int)now.alive[1]))&& !(((int)now.told[1])))&&(!q_full(now.to_worker[1])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 92: // STATE 270 - handover.pml:294 - [to_worker[1]!DRAIN,0] (300:0:2 - 1)
		IfNotBlocked
		reached[1][270] = 1;
		if (q_full(now.to_worker[1]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_worker[1]);
		sprintf(simtmp, "%d", 3); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 0); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_worker[1], 0, 3, 0, 2);
		/* merge: leaving[1] = 1(300, 271, 300) */
		reached[1][271] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.leaving[1]);
		now.leaving[1] = 1;
#ifdef VAR_RANGES
		logval("leaving[1]", ((int)now.leaving[1]));
#endif
		;
		/* merge: told[1] = 1(300, 272, 300) */
		reached[1][272] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.told[1]);
		now.told[1] = 1;
#ifdef VAR_RANGES
		logval("told[1]", ((int)now.told[1]));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 2; goto P999; /* 3 */
	case 93: // STATE 274 - handover.pml:295 - [(!(draining))] (300:0:1 - 1)
		IfNotBlocked
		reached[1][274] = 1;
		if (!( !(((int)now.draining))))
			continue;
		/* merge: draining = 1(0, 275, 300) */
		reached[1][275] = 1;
		(trpt+1)->bup.oval = ((int)now.draining);
		now.draining = 1;
#ifdef VAR_RANGES
		logval("draining", ((int)now.draining));
#endif
		;
		/* merge: .(goto)(0, 301, 300) */
		reached[1][301] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 94: // STATE 277 - handover.pml:296 - [(timeout)] (0:0:0 - 1)
		IfNotBlocked
		reached[1][277] = 1;
		if (!(((trpt->tau)&1)))
			continue;
		_m = 1; goto P999; /* 0 */
	case 95: // STATE 278 - handover.pml:250 - [c = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][278] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 96: // STATE 279 - handover.pml:252 - [((c<2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][279] = 1;
		if (!((((int)((P1 *)_this)->c)<2)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 97: // STATE 280 - handover.pml:254 - [((place[c]==COMING))] (294:0:1 - 1)
		IfNotBlocked
		reached[1][280] = 1;
		if (!((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==10)))
			continue;
		/* merge: assert(draining)(294, 281, 294) */
		reached[1][281] = 1;
		spin_assert(((int)now.draining), "draining", II, tt, t);
		/* merge: .(goto)(294, 290, 294) */
		reached[1][290] = 1;
		;
		/* merge: c = (c+1)(294, 291, 294) */
		reached[1][291] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 295, 294) */
		reached[1][295] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 98: // STATE 282 - handover.pml:255 - [((place[c]==CLOSED))] (294:0:1 - 1)
		IfNotBlocked
		reached[1][282] = 1;
		if (!((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==6)))
			continue;
		/* merge: assert((!(copy[c])&&(owner[c]==0)))(294, 283, 294) */
		reached[1][283] = 1;
		spin_assert(( !(((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ]))&&(((int)now.owner[ Index(((int)((P1 *)_this)->c), 2) ])==0)), "( !(copy[c])&&(owner[c]==0))", II, tt, t);
		/* merge: .(goto)(294, 290, 294) */
		reached[1][290] = 1;
		;
		/* merge: c = (c+1)(294, 291, 294) */
		reached[1][291] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 295, 294) */
		reached[1][295] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 99: // STATE 284 - handover.pml:256 - [((place[c]==HELD))] (294:0:1 - 1)
		IfNotBlocked
		reached[1][284] = 1;
		if (!((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==7)))
			continue;
		/* merge: assert(!(copy[c]))(294, 285, 294) */
		reached[1][285] = 1;
		spin_assert( !(((int)now.copy[ Index(((int)((P1 *)_this)->c), 2) ])), " !(copy[c])", II, tt, t);
		/* merge: assert((freed[c]||(((owner[c]!=0)&&alive[given[c]])&&!(draining))))(294, 286, 294) */
		reached[1][286] = 1;
		spin_assert((((int)now.freed[ Index(((int)((P1 *)_this)->c), 2) ])||(((((int)now.owner[ Index(((int)((P1 *)_this)->c), 2) ])!=0)&&((int)now.alive[ Index(((int)now.given[ Index(((int)((P1 *)_this)->c), 2) ]), 2) ]))&& !(((int)now.draining)))), "(freed[c]||(((owner[c]!=0)&&alive[given[c]])&& !(draining)))", II, tt, t);
		/* merge: .(goto)(294, 290, 294) */
		reached[1][290] = 1;
		;
		/* merge: c = (c+1)(294, 291, 294) */
		reached[1][291] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 295, 294) */
		reached[1][295] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 100: // STATE 287 - handover.pml:259 - [(((place[c]==QUEUED)||(place[c]==GIVEN)))] (294:0:1 - 1)
		IfNotBlocked
		reached[1][287] = 1;
		if (!(((now.place[ Index(((int)((P1 *)_this)->c), 2) ]==9)||(now.place[ Index(((int)((P1 *)_this)->c), 2) ]==8))))
			continue;
		/* merge: assert(0)(294, 288, 294) */
		reached[1][288] = 1;
		spin_assert(0, "0", II, tt, t);
		/* merge: .(goto)(294, 290, 294) */
		reached[1][290] = 1;
		;
		/* merge: c = (c+1)(294, 291, 294) */
		reached[1][291] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 295, 294) */
		reached[1][295] = 1;
		;
		_m = 3; goto P999; /* 4 */
	case 101: // STATE 291 - handover.pml:261 - [c = (c+1)] (0:294:1 - 5)
		IfNotBlocked
		reached[1][291] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->c);
		((P1 *)_this)->c = (((int)((P1 *)_this)->c)+1);
#ifdef VAR_RANGES
		logval("Master:c", ((int)((P1 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 295, 294) */
		reached[1][295] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 102: // STATE 303 - handover.pml:298 - [-end-] (0:0:0 - 2)
		IfNotBlocked
		reached[1][303] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */

		 /* PROC Worker */
	case 103: // STATE 1 - handover.pml:122 - [(((!(stopped[me])&&(pending==255))&&nempty(to_worker[me])))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][1] = 1;
		if (!((( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((int)((P0 *)_this)->pending)==255))&&(q_len(now.to_worker[ Index(((int)((P0 *)_this)->me), 2) ])>0))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 104: // STATE 2 - handover.pml:123 - [to_worker[me]?kind,c] (0:0:2 - 1)
		reached[0][2] = 1;
		if (q_len(now.to_worker[ Index(((int)((P0 *)_this)->me), 2) ]) == 0) continue;

		XX=1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((P0 *)_this)->kind;
		(trpt+1)->bup.ovals[1] = ((int)((P0 *)_this)->c);
		;
		((P0 *)_this)->kind = qrecv(now.to_worker[ Index(((int)((P0 *)_this)->me), 2) ], XX-1, 0, 0);
#ifdef VAR_RANGES
		logval("Worker:kind", ((P0 *)_this)->kind);
#endif
		;
		((P0 *)_this)->c = qrecv(now.to_worker[ Index(((int)((P0 *)_this)->me), 2) ], XX-1, 1, 1);
#ifdef VAR_RANGES
		logval("Worker:c", ((int)((P0 *)_this)->c));
#endif
		;
		
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[32];
			sprintf(simvals, "%d?", now.to_worker[ Index(((int)((P0 *)_this)->me), 2) ]);
		sprintf(simtmp, "%d", ((P0 *)_this)->kind); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)((P0 *)_this)->c)); strcat(simvals, simtmp);		}
#endif
		;
		_m = 4; goto P999; /* 0 */
	case 105: // STATE 3 - handover.pml:125 - [((kind==SENT))] (80:0:4 - 1)
		IfNotBlocked
		reached[0][3] = 1;
		if (!((((P0 *)_this)->kind==5)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((P0 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P0 *)_this)->kind = 0;
		/* merge: assert((at[c]==0))(80, 4, 80) */
		reached[0][4] = 1;
		spin_assert((((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->c), 2) ])==0), "(at[c]==0)", II, tt, t);
		/* merge: at[c] = 1(80, 5, 80) */
		reached[0][5] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->c), 2) ]);
		((P0 *)_this)->at[ Index(((P0 *)_this)->c, 2) ] = 1;
#ifdef VAR_RANGES
		logval("Worker:at[Worker:c]", ((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->c), 2) ]));
#endif
		;
		/* merge: pending = c(80, 6, 80) */
		reached[0][6] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P0 *)_this)->pending);
		((P0 *)_this)->pending = ((int)((P0 *)_this)->c);
#ifdef VAR_RANGES
		logval("Worker:pending", ((int)((P0 *)_this)->pending));
#endif
		;
		/* merge: .(goto)(80, 14, 80) */
		reached[0][14] = 1;
		;
		/* merge: c = 0(80, 15, 80) */
		reached[0][15] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P0 *)_this)->c);
		((P0 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Worker:c", ((int)((P0 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 6 */
	case 106: // STATE 14 - handover.pml:129 - [.(goto)] (0:80:1 - 3)
		IfNotBlocked
		reached[0][14] = 1;
		;
		/* merge: c = 0(80, 15, 80) */
		reached[0][15] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->c);
		((P0 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Worker:c", ((int)((P0 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 107: // STATE 7 - handover.pml:126 - [((kind==RETIRE))] (80:0:4 - 1)
		IfNotBlocked
		reached[0][7] = 1;
		if (!((((P0 *)_this)->kind==4)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((P0 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P0 *)_this)->kind = 0;
		/* merge: returning = 1(80, 8, 80) */
		reached[0][8] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P0 *)_this)->returning);
		((P0 *)_this)->returning = 1;
#ifdef VAR_RANGES
		logval("Worker:returning", ((int)((P0 *)_this)->returning));
#endif
		;
		/* merge: ending = 1(80, 9, 80) */
		reached[0][9] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P0 *)_this)->ending);
		((P0 *)_this)->ending = 1;
#ifdef VAR_RANGES
		logval("Worker:ending", ((int)((P0 *)_this)->ending));
#endif
		;
		/* merge: .(goto)(80, 14, 80) */
		reached[0][14] = 1;
		;
		/* merge: c = 0(80, 15, 80) */
		reached[0][15] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P0 *)_this)->c);
		((P0 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Worker:c", ((int)((P0 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 108: // STATE 10 - handover.pml:127 - [((kind==DRAIN))] (80:0:4 - 1)
		IfNotBlocked
		reached[0][10] = 1;
		if (!((((P0 *)_this)->kind==3)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: kind */  (trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((P0 *)_this)->kind;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P0 *)_this)->kind = 0;
		/* merge: returning = 0(80, 11, 80) */
		reached[0][11] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P0 *)_this)->returning);
		((P0 *)_this)->returning = 0;
#ifdef VAR_RANGES
		logval("Worker:returning", ((int)((P0 *)_this)->returning));
#endif
		;
		/* merge: ending = 1(80, 12, 80) */
		reached[0][12] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P0 *)_this)->ending);
		((P0 *)_this)->ending = 1;
#ifdef VAR_RANGES
		logval("Worker:ending", ((int)((P0 *)_this)->ending));
#endif
		;
		/* merge: .(goto)(80, 14, 80) */
		reached[0][14] = 1;
		;
		/* merge: c = 0(80, 15, 80) */
		reached[0][15] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P0 *)_this)->c);
		((P0 *)_this)->c = 0;
#ifdef VAR_RANGES
		logval("Worker:c", ((int)((P0 *)_this)->c));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 109: // STATE 17 - handover.pml:130 - [((((!(stopped[me])&&(pending!=255))&&(at[pending]==1))&&nfull(to_master[me])))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][17] = 1;
		if (!(((( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((int)((P0 *)_this)->pending)!=255))&&(((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->pending), 2) ])==1))&&(!q_full(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 110: // STATE 18 - handover.pml:131 - [to_master[me]!ACKNOWLEDGED,pending] (80:0:2 - 1)
		IfNotBlocked
		reached[0][18] = 1;
		if (q_full(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]);
		sprintf(simtmp, "%d", 2); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", ((int)((P0 *)_this)->pending)); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ], 0, 2, ((int)((P0 *)_this)->pending), 2);
		/* merge: owner[pending] = _pid(80, 19, 80) */
		reached[0][19] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.owner[ Index(((int)((P0 *)_this)->pending), 2) ]);
		now.owner[ Index(((P0 *)_this)->pending, 2) ] = ((int)((P0 *)_this)->_pid);
#ifdef VAR_RANGES
		logval("owner[Worker:pending]", ((int)now.owner[ Index(((int)((P0 *)_this)->pending), 2) ]));
#endif
		;
		/* merge: at[pending] = 2(80, 20, 80) */
		reached[0][20] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->pending), 2) ]);
		((P0 *)_this)->at[ Index(((P0 *)_this)->pending, 2) ] = 2;
#ifdef VAR_RANGES
		logval("Worker:at[Worker:pending]", ((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->pending), 2) ]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 2; goto P999; /* 3 */
	case 111: // STATE 22 - handover.pml:133 - [(((!(stopped[me])&&(pending!=255))&&(at[pending]==2)))] (80:0:2 - 1)
		IfNotBlocked
		reached[0][22] = 1;
		if (!((( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((int)((P0 *)_this)->pending)!=255))&&(((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->pending), 2) ])==2))))
			continue;
		/* merge: at[pending] = 3(80, 23, 80) */
		reached[0][23] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->pending), 2) ]);
		((P0 *)_this)->at[ Index(((P0 *)_this)->pending, 2) ] = 3;
#ifdef VAR_RANGES
		logval("Worker:at[Worker:pending]", ((int)((P0 *)_this)->at[ Index(((int)((P0 *)_this)->pending), 2) ]));
#endif
		;
		/* merge: pending = 255(80, 24, 80) */
		reached[0][24] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P0 *)_this)->pending);
		((P0 *)_this)->pending = 255;
#ifdef VAR_RANGES
		logval("Worker:pending", ((int)((P0 *)_this)->pending));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 112: // STATE 26 - handover.pml:135 - [(((!(stopped[me])&&(((at[0]==3)||(0&&(at[0]==1)))||(0&&(at[0]==4))))&&(reader[0]!=_pid)))] (80:0:1 - 1)
		IfNotBlocked
		reached[0][26] = 1;
		if (!((( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((((int)((P0 *)_this)->at[0])==3)||(0&&(((int)((P0 *)_this)->at[0])==1)))||(0&&(((int)((P0 *)_this)->at[0])==4))))&&(((int)now.reader[0])!=((int)((P0 *)_this)->_pid)))))
			continue;
		/* merge: assert((reader[0]==0))(80, 27, 80) */
		reached[0][27] = 1;
		spin_assert((((int)now.reader[0])==0), "(reader[0]==0)", II, tt, t);
		/* merge: reader[0] = _pid(80, 28, 80) */
		reached[0][28] = 1;
		(trpt+1)->bup.oval = ((int)now.reader[0]);
		now.reader[0] = ((int)((P0 *)_this)->_pid);
#ifdef VAR_RANGES
		logval("reader[0]", ((int)now.reader[0]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 113: // STATE 30 - handover.pml:135 - [((!(stopped[me])&&(at[0]==3)))] (80:0:4 - 1)
		IfNotBlocked
		reached[0][30] = 1;
		if (!(( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((int)((P0 *)_this)->at[0])==3))))
			continue;
		/* merge: at[0] = 0(80, 31, 80) */
		reached[0][31] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((int)((P0 *)_this)->at[0]);
		((P0 *)_this)->at[0] = 0;
#ifdef VAR_RANGES
		logval("Worker:at[0]", ((int)((P0 *)_this)->at[0]));
#endif
		;
		/* merge: owner[0] = 0(80, 32, 80) */
		reached[0][32] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.owner[0]);
		now.owner[0] = 0;
#ifdef VAR_RANGES
		logval("owner[0]", ((int)now.owner[0]));
#endif
		;
		/* merge: reader[0] = 0(80, 33, 80) */
		reached[0][33] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.reader[0]);
		now.reader[0] = 0;
#ifdef VAR_RANGES
		logval("reader[0]", ((int)now.reader[0]));
#endif
		;
		/* merge: freed[0] = 1(80, 34, 80) */
		reached[0][34] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.freed[0]);
		now.freed[0] = 1;
#ifdef VAR_RANGES
		logval("freed[0]", ((int)now.freed[0]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 114: // STATE 36 - handover.pml:135 - [((((!(stopped[me])&&returning)&&(at[0]==3))&&nfull(to_master[me])))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][36] = 1;
		if (!(((( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&((int)((P0 *)_this)->returning))&&(((int)((P0 *)_this)->at[0])==3))&&(!q_full(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 115: // STATE 37 - handover.pml:135 - [to_master[me]!RETURNED,0] (80:0:3 - 1)
		IfNotBlocked
		reached[0][37] = 1;
		if (q_full(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]);
		sprintf(simtmp, "%d", 1); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 0); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ], 0, 1, 0, 2);
		/* merge: owner[0] = 0(80, 38, 80) */
		reached[0][38] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)now.owner[0]);
		now.owner[0] = 0;
#ifdef VAR_RANGES
		logval("owner[0]", ((int)now.owner[0]));
#endif
		;
		/* merge: reader[0] = 0(80, 39, 80) */
		reached[0][39] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.reader[0]);
		now.reader[0] = 0;
#ifdef VAR_RANGES
		logval("reader[0]", ((int)now.reader[0]));
#endif
		;
		/* merge: at[0] = 4(80, 40, 80) */
		reached[0][40] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P0 *)_this)->at[0]);
		((P0 *)_this)->at[0] = 4;
#ifdef VAR_RANGES
		logval("Worker:at[0]", ((int)((P0 *)_this)->at[0]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 2; goto P999; /* 4 */
	case 116: // STATE 42 - handover.pml:135 - [((!(stopped[me])&&(at[0]==4)))] (80:0:1 - 1)
		IfNotBlocked
		reached[0][42] = 1;
		if (!(( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((int)((P0 *)_this)->at[0])==4))))
			continue;
		/* merge: at[0] = 0(0, 43, 80) */
		reached[0][43] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->at[0]);
		((P0 *)_this)->at[0] = 0;
#ifdef VAR_RANGES
		logval("Worker:at[0]", ((int)((P0 *)_this)->at[0]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 117: // STATE 45 - handover.pml:136 - [(((!(stopped[me])&&(((at[1]==3)||(0&&(at[1]==1)))||(0&&(at[1]==4))))&&(reader[1]!=_pid)))] (80:0:1 - 1)
		IfNotBlocked
		reached[0][45] = 1;
		if (!((( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((((int)((P0 *)_this)->at[1])==3)||(0&&(((int)((P0 *)_this)->at[1])==1)))||(0&&(((int)((P0 *)_this)->at[1])==4))))&&(((int)now.reader[1])!=((int)((P0 *)_this)->_pid)))))
			continue;
		/* merge: assert((reader[1]==0))(80, 46, 80) */
		reached[0][46] = 1;
		spin_assert((((int)now.reader[1])==0), "(reader[1]==0)", II, tt, t);
		/* merge: reader[1] = _pid(80, 47, 80) */
		reached[0][47] = 1;
		(trpt+1)->bup.oval = ((int)now.reader[1]);
		now.reader[1] = ((int)((P0 *)_this)->_pid);
#ifdef VAR_RANGES
		logval("reader[1]", ((int)now.reader[1]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 118: // STATE 49 - handover.pml:136 - [((!(stopped[me])&&(at[1]==3)))] (80:0:4 - 1)
		IfNotBlocked
		reached[0][49] = 1;
		if (!(( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((int)((P0 *)_this)->at[1])==3))))
			continue;
		/* merge: at[1] = 0(80, 50, 80) */
		reached[0][50] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((int)((P0 *)_this)->at[1]);
		((P0 *)_this)->at[1] = 0;
#ifdef VAR_RANGES
		logval("Worker:at[1]", ((int)((P0 *)_this)->at[1]));
#endif
		;
		/* merge: owner[1] = 0(80, 51, 80) */
		reached[0][51] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.owner[1]);
		now.owner[1] = 0;
#ifdef VAR_RANGES
		logval("owner[1]", ((int)now.owner[1]));
#endif
		;
		/* merge: reader[1] = 0(80, 52, 80) */
		reached[0][52] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.reader[1]);
		now.reader[1] = 0;
#ifdef VAR_RANGES
		logval("reader[1]", ((int)now.reader[1]));
#endif
		;
		/* merge: freed[1] = 1(80, 53, 80) */
		reached[0][53] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.freed[1]);
		now.freed[1] = 1;
#ifdef VAR_RANGES
		logval("freed[1]", ((int)now.freed[1]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 119: // STATE 55 - handover.pml:136 - [((((!(stopped[me])&&returning)&&(at[1]==3))&&nfull(to_master[me])))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][55] = 1;
		if (!(((( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&((int)((P0 *)_this)->returning))&&(((int)((P0 *)_this)->at[1])==3))&&(!q_full(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 120: // STATE 56 - handover.pml:136 - [to_master[me]!RETURNED,1] (80:0:3 - 1)
		IfNotBlocked
		reached[0][56] = 1;
		if (q_full(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]))
			continue;
#ifdef HAS_CODE
		if (readtrail && gui) {
			char simtmp[64];
			sprintf(simvals, "%d!", now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]);
		sprintf(simtmp, "%d", 1); strcat(simvals, simtmp);		strcat(simvals, ",");
		sprintf(simtmp, "%d", 1); strcat(simvals, simtmp);		}
#endif
		
		qsend(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ], 0, 1, 1, 2);
		/* merge: owner[1] = 0(80, 57, 80) */
		reached[0][57] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)now.owner[1]);
		now.owner[1] = 0;
#ifdef VAR_RANGES
		logval("owner[1]", ((int)now.owner[1]));
#endif
		;
		/* merge: reader[1] = 0(80, 58, 80) */
		reached[0][58] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.reader[1]);
		now.reader[1] = 0;
#ifdef VAR_RANGES
		logval("reader[1]", ((int)now.reader[1]));
#endif
		;
		/* merge: at[1] = 4(80, 59, 80) */
		reached[0][59] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P0 *)_this)->at[1]);
		((P0 *)_this)->at[1] = 4;
#ifdef VAR_RANGES
		logval("Worker:at[1]", ((int)((P0 *)_this)->at[1]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 2; goto P999; /* 4 */
	case 121: // STATE 61 - handover.pml:136 - [((!(stopped[me])&&(at[1]==4)))] (80:0:1 - 1)
		IfNotBlocked
		reached[0][61] = 1;
		if (!(( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&(((int)((P0 *)_this)->at[1])==4))))
			continue;
		/* merge: at[1] = 0(0, 62, 80) */
		reached[0][62] = 1;
		(trpt+1)->bup.oval = ((int)((P0 *)_this)->at[1]);
		((P0 *)_this)->at[1] = 0;
#ifdef VAR_RANGES
		logval("Worker:at[1]", ((int)((P0 *)_this)->at[1]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 122: // STATE 64 - handover.pml:140 - [(((((!(stopped[me])&&ending)&&(pending==255))&&(at[0]==0))&&(at[1]==0)))] (83:0:3 - 1)
		IfNotBlocked
		reached[0][64] = 1;
		if (!((((( !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]))&&((int)((P0 *)_this)->ending))&&(((int)((P0 *)_this)->pending)==255))&&(((int)((P0 *)_this)->at[0])==0))&&(((int)((P0 *)_this)->at[1])==0))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: ending */  (trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P0 *)_this)->ending;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P0 *)_this)->ending = 0;
		if (TstOnly) return 1; /* TT */
		/* dead 1: pending */  (trpt+1)->bup.ovals[1] = ((P0 *)_this)->pending;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P0 *)_this)->pending = 0;
		/* merge: alive[me] = 0(83, 65, 83) */
		reached[0][65] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.alive[ Index(((int)((P0 *)_this)->me), 2) ]);
		now.alive[ Index(((P0 *)_this)->me, 2) ] = 0;
#ifdef VAR_RANGES
		logval("alive[Worker:me]", ((int)now.alive[ Index(((int)((P0 *)_this)->me), 2) ]));
#endif
		;
		/* merge: goto :b0(83, 66, 83) */
		reached[0][66] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 123: // STATE 68 - handover.pml:145 - [((deaths>0))] (83:0:2 - 1)
		IfNotBlocked
		reached[0][68] = 1;
		if (!((((int)now.deaths)>0)))
			continue;
		/* merge: deaths = (deaths-1)(83, 69, 83) */
		reached[0][69] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.deaths);
		now.deaths = (((int)now.deaths)-1);
#ifdef VAR_RANGES
		logval("deaths", ((int)now.deaths));
#endif
		;
		/* merge: alive[me] = 0(83, 70, 83) */
		reached[0][70] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.alive[ Index(((int)((P0 *)_this)->me), 2) ]);
		now.alive[ Index(((P0 *)_this)->me, 2) ] = 0;
#ifdef VAR_RANGES
		logval("alive[Worker:me]", ((int)now.alive[ Index(((int)((P0 *)_this)->me), 2) ]));
#endif
		;
		/* merge: goto :b0(83, 71, 83) */
		reached[0][71] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 124: // STATE 73 - handover.pml:147 - [(((stops>0)&&!(stopped[me])))] (80:0:2 - 1)
		IfNotBlocked
		reached[0][73] = 1;
		if (!(((((int)now.stops)>0)&& !(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ])))))
			continue;
		/* merge: stops = (stops-1)(80, 74, 80) */
		reached[0][74] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.stops);
		now.stops = (((int)now.stops)-1);
#ifdef VAR_RANGES
		logval("stops", ((int)now.stops));
#endif
		;
		/* merge: stopped[me] = 1(80, 75, 80) */
		reached[0][75] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]);
		now.stopped[ Index(((P0 *)_this)->me, 2) ] = 1;
#ifdef VAR_RANGES
		logval("stopped[Worker:me]", ((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 125: // STATE 77 - handover.pml:148 - [(stopped[me])] (80:0:1 - 1)
		IfNotBlocked
		reached[0][77] = 1;
		if (!(((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ])))
			continue;
		/* merge: stopped[me] = 0(0, 78, 80) */
		reached[0][78] = 1;
		(trpt+1)->bup.oval = ((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]);
		now.stopped[ Index(((P0 *)_this)->me, 2) ] = 0;
#ifdef VAR_RANGES
		logval("stopped[Worker:me]", ((int)now.stopped[ Index(((int)((P0 *)_this)->me), 2) ]));
#endif
		;
		/* merge: .(goto)(0, 81, 80) */
		reached[0][81] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 126: // STATE 83 - handover.pml:150 - [-end-] (0:0:0 - 3)
		IfNotBlocked
		reached[0][83] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */
	case  _T5:	/* np_ */
		if (!((!(trpt->o_pm&4) && !(trpt->tau&128))))
			continue;
		/* else fall through */
	case  _T2:	/* true */
		_m = 3; goto P999;
#undef rand
	}

