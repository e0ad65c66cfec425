	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* PROC Master */

	case 3: // STATE 7
		;
		now.stopped[0] = trpt->bup.ovals[6];
		now.alive[0] = trpt->bup.ovals[5];
		now.unacknowledged[0] = trpt->bup.ovals[4];
		now.seen_stopped[0] = trpt->bup.ovals[3];
		now.told[0] = trpt->bup.ovals[2];
		now.leaving[0] = trpt->bup.ovals[1];
		now.known[0] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 7);
		goto R999;

	case 4: // STATE 8
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;

	case 5: // STATE 16
		;
		now.stopped[1] = trpt->bup.ovals[6];
		now.alive[1] = trpt->bup.ovals[5];
		now.unacknowledged[1] = trpt->bup.ovals[4];
		now.seen_stopped[1] = trpt->bup.ovals[3];
		now.told[1] = trpt->bup.ovals[2];
		now.leaving[1] = trpt->bup.ovals[1];
		now.known[1] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 7);
		goto R999;

	case 6: // STATE 17
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;

	case 7: // STATE 22
		;
		now.copy[0] = trpt->bup.ovals[1];
		now.place[0] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 8: // STATE 26
		;
		now.copy[0] = trpt->bup.ovals[1];
		now.place[0] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 9: // STATE 30
		;
		now.copy[1] = trpt->bup.ovals[1];
		now.place[1] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 10: // STATE 34
		;
		now.copy[1] = trpt->bup.ovals[1];
		now.place[1] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		
	case 12: // STATE 40
		;
		now.unacknowledged[0] = trpt->bup.ovals[2];
		now.given[0] = trpt->bup.ovals[1];
		now.place[0] = trpt->bup.ovals[0];
		_m = unsend(now.to_worker[0]);
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 14: // STATE 46
		;
		now.unacknowledged[1] = trpt->bup.ovals[2];
		now.given[0] = trpt->bup.ovals[1];
		now.place[0] = trpt->bup.ovals[0];
		_m = unsend(now.to_worker[1]);
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 16: // STATE 52
		;
		now.unacknowledged[0] = trpt->bup.ovals[2];
		now.given[1] = trpt->bup.ovals[1];
		now.place[1] = trpt->bup.ovals[0];
		_m = unsend(now.to_worker[0]);
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 18: // STATE 58
		;
		now.unacknowledged[1] = trpt->bup.ovals[2];
		now.given[1] = trpt->bup.ovals[1];
		now.place[1] = trpt->bup.ovals[0];
		_m = unsend(now.to_worker[1]);
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 20: // STATE 61
		;
		XX = 1;
		unrecv(now.to_master[0], XX-1, 0, ((P1 *)_this)->kind, 1);
		unrecv(now.to_master[0], XX-1, 1, ((int)((P1 *)_this)->c), 0);
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		((P1 *)_this)->c = trpt->bup.ovals[1];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 21: // STATE 62
		;
	/* 0 */	((P1 *)_this)->kind = trpt->bup.oval;
		;
		;
		goto R999;

	case 22: // STATE 77
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.unacknowledged[0] = trpt->bup.ovals[2];
		now.copy[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 23: // STATE 77
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 24: // STATE 77
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 25: // STATE 77
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.copy[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[2];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;
;
		;
		;
		;
		
	case 28: // STATE 82
		;
		XX = 1;
		unrecv(now.to_master[0], XX-1, 0, ((P1 *)_this)->kind, 1);
		unrecv(now.to_master[0], XX-1, 1, ((int)((P1 *)_this)->c), 0);
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		((P1 *)_this)->c = trpt->bup.ovals[1];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 29: // STATE 83
		;
	/* 0 */	((P1 *)_this)->kind = trpt->bup.oval;
		;
		;
		goto R999;

	case 30: // STATE 98
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.unacknowledged[0] = trpt->bup.ovals[2];
		now.copy[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 31: // STATE 98
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 32: // STATE 98
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.copy[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[2];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 33: // STATE 98
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 34: // STATE 105
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 35: // STATE 105
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 37: // STATE 118
		;
		((P1 *)_this)->c = trpt->bup.ovals[1];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 38: // STATE 118
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.reader[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[2];
		now.owner[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 39: // STATE 118
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 40: // STATE 118
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 41: // STATE 124
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 43: // STATE 126
		;
	/* 0 */	((P1 *)_this)->kind = trpt->bup.ovals[2];
		XX = 1;
		unrecv(now.to_worker[0], XX-1, 0, ((P1 *)_this)->kind, 1);
		unrecv(now.to_worker[0], XX-1, 1, trpt->bup.ovals[1], 0);
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 45: // STATE 128
		;
	/* 0 */	((P1 *)_this)->kind = trpt->bup.ovals[2];
		XX = 1;
		unrecv(now.to_master[0], XX-1, 0, ((P1 *)_this)->kind, 1);
		unrecv(now.to_master[0], XX-1, 1, trpt->bup.ovals[1], 0);
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 46: // STATE 139
		;
		now.unacknowledged[0] = trpt->bup.ovals[5];
		now.seen_stopped[0] = trpt->bup.ovals[4];
		now.told[0] = trpt->bup.ovals[3];
		now.leaving[0] = trpt->bup.ovals[2];
		now.known[0] = trpt->bup.ovals[1];
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 6);
		goto R999;

	case 47: // STATE 139
		;
		now.unacknowledged[0] = trpt->bup.ovals[5];
		now.seen_stopped[0] = trpt->bup.ovals[4];
		now.told[0] = trpt->bup.ovals[3];
		now.leaving[0] = trpt->bup.ovals[2];
		now.known[0] = trpt->bup.ovals[1];
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 6);
		goto R999;

	case 48: // STATE 143
		;
		now.seen_stopped[0] = trpt->bup.oval;
		;
		goto R999;

	case 49: // STATE 146
		;
		now.starts = trpt->bup.oval;
		;
		goto R999;

	case 50: // STATE 153
		;
		now.stopped[0] = trpt->bup.ovals[6];
		now.alive[0] = trpt->bup.ovals[5];
		now.unacknowledged[0] = trpt->bup.ovals[4];
		now.seen_stopped[0] = trpt->bup.ovals[3];
		now.told[0] = trpt->bup.ovals[2];
		now.leaving[0] = trpt->bup.ovals[1];
		now.known[0] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 7);
		goto R999;

	case 51: // STATE 154
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;

	case 52: // STATE 158
		;
		now.recycles = trpt->bup.oval;
		;
		goto R999;

	case 53: // STATE 160
		;
		now.leaving[0] = trpt->bup.oval;
		_m = unsend(now.to_worker[0]);
		;
		goto R999;
;
		;
		
	case 55: // STATE 165
		;
		now.told[0] = trpt->bup.ovals[1];
		now.leaving[0] = trpt->bup.ovals[0];
		_m = unsend(now.to_worker[0]);
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		
	case 57: // STATE 168
		;
		XX = 1;
		unrecv(now.to_master[1], XX-1, 0, ((P1 *)_this)->kind, 1);
		unrecv(now.to_master[1], XX-1, 1, ((int)((P1 *)_this)->c), 0);
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		((P1 *)_this)->c = trpt->bup.ovals[1];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 58: // STATE 169
		;
	/* 0 */	((P1 *)_this)->kind = trpt->bup.oval;
		;
		;
		goto R999;

	case 59: // STATE 184
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.unacknowledged[1] = trpt->bup.ovals[2];
		now.copy[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 60: // STATE 184
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 61: // STATE 184
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 62: // STATE 184
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.copy[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[2];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;
;
		;
		;
		;
		
	case 65: // STATE 189
		;
		XX = 1;
		unrecv(now.to_master[1], XX-1, 0, ((P1 *)_this)->kind, 1);
		unrecv(now.to_master[1], XX-1, 1, ((int)((P1 *)_this)->c), 0);
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		((P1 *)_this)->c = trpt->bup.ovals[1];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 66: // STATE 190
		;
	/* 0 */	((P1 *)_this)->kind = trpt->bup.oval;
		;
		;
		goto R999;

	case 67: // STATE 205
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.unacknowledged[1] = trpt->bup.ovals[2];
		now.copy[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 68: // STATE 205
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 69: // STATE 205
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.copy[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[2];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 70: // STATE 205
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 71: // STATE 212
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 72: // STATE 212
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 74: // STATE 225
		;
		((P1 *)_this)->c = trpt->bup.ovals[1];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 75: // STATE 225
		;
		((P1 *)_this)->c = trpt->bup.ovals[3];
		now.reader[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[2];
		now.owner[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[1];
		now.place[ Index(((P1 *)_this)->c, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 76: // STATE 225
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 77: // STATE 225
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 78: // STATE 231
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 80: // STATE 233
		;
	/* 0 */	((P1 *)_this)->kind = trpt->bup.ovals[2];
		XX = 1;
		unrecv(now.to_worker[1], XX-1, 0, ((P1 *)_this)->kind, 1);
		unrecv(now.to_worker[1], XX-1, 1, trpt->bup.ovals[1], 0);
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 82: // STATE 235
		;
	/* 0 */	((P1 *)_this)->kind = trpt->bup.ovals[2];
		XX = 1;
		unrecv(now.to_master[1], XX-1, 0, ((P1 *)_this)->kind, 1);
		unrecv(now.to_master[1], XX-1, 1, trpt->bup.ovals[1], 0);
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 83: // STATE 246
		;
		now.unacknowledged[1] = trpt->bup.ovals[5];
		now.seen_stopped[1] = trpt->bup.ovals[4];
		now.told[1] = trpt->bup.ovals[3];
		now.leaving[1] = trpt->bup.ovals[2];
		now.known[1] = trpt->bup.ovals[1];
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 6);
		goto R999;

	case 84: // STATE 246
		;
		now.unacknowledged[1] = trpt->bup.ovals[5];
		now.seen_stopped[1] = trpt->bup.ovals[4];
		now.told[1] = trpt->bup.ovals[3];
		now.leaving[1] = trpt->bup.ovals[2];
		now.known[1] = trpt->bup.ovals[1];
		((P1 *)_this)->kind = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 6);
		goto R999;

	case 85: // STATE 250
		;
		now.seen_stopped[1] = trpt->bup.oval;
		;
		goto R999;

	case 86: // STATE 253
		;
		now.starts = trpt->bup.oval;
		;
		goto R999;

	case 87: // STATE 260
		;
		now.stopped[1] = trpt->bup.ovals[6];
		now.alive[1] = trpt->bup.ovals[5];
		now.unacknowledged[1] = trpt->bup.ovals[4];
		now.seen_stopped[1] = trpt->bup.ovals[3];
		now.told[1] = trpt->bup.ovals[2];
		now.leaving[1] = trpt->bup.ovals[1];
		now.known[1] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 7);
		goto R999;

	case 88: // STATE 261
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;

	case 89: // STATE 265
		;
		now.recycles = trpt->bup.oval;
		;
		goto R999;

	case 90: // STATE 267
		;
		now.leaving[1] = trpt->bup.oval;
		_m = unsend(now.to_worker[1]);
		;
		goto R999;
;
		;
		
	case 92: // STATE 272
		;
		now.told[1] = trpt->bup.ovals[1];
		now.leaving[1] = trpt->bup.ovals[0];
		_m = unsend(now.to_worker[1]);
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 93: // STATE 275
		;
		now.draining = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 95: // STATE 278
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 97: // STATE 291
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 98: // STATE 291
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 99: // STATE 291
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 100: // STATE 291
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 101: // STATE 291
		;
		((P1 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 102: // STATE 303
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC Worker */
;
		;
		
	case 104: // STATE 2
		;
		XX = 1;
		unrecv(now.to_worker[ Index(((int)((P0 *)_this)->me), 2) ], XX-1, 0, ((P0 *)_this)->kind, 1);
		unrecv(now.to_worker[ Index(((int)((P0 *)_this)->me), 2) ], XX-1, 1, ((int)((P0 *)_this)->c), 0);
		((P0 *)_this)->kind = trpt->bup.ovals[0];
		((P0 *)_this)->c = trpt->bup.ovals[1];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 105: // STATE 15
		;
		((P0 *)_this)->c = trpt->bup.ovals[3];
		((P0 *)_this)->pending = trpt->bup.ovals[2];
		((P0 *)_this)->at[ Index(((P0 *)_this)->c, 2) ] = trpt->bup.ovals[1];
	/* 0 */	((P0 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 106: // STATE 15
		;
		((P0 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 107: // STATE 15
		;
		((P0 *)_this)->c = trpt->bup.ovals[3];
		((P0 *)_this)->ending = trpt->bup.ovals[2];
		((P0 *)_this)->returning = trpt->bup.ovals[1];
	/* 0 */	((P0 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 108: // STATE 15
		;
		((P0 *)_this)->c = trpt->bup.ovals[3];
		((P0 *)_this)->ending = trpt->bup.ovals[2];
		((P0 *)_this)->returning = trpt->bup.ovals[1];
	/* 0 */	((P0 *)_this)->kind = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;
;
		;
		
	case 110: // STATE 20
		;
		((P0 *)_this)->at[ Index(((P0 *)_this)->pending, 2) ] = trpt->bup.ovals[1];
		now.owner[ Index(((P0 *)_this)->pending, 2) ] = trpt->bup.ovals[0];
		_m = unsend(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]);
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 111: // STATE 24
		;
		((P0 *)_this)->pending = trpt->bup.ovals[1];
		((P0 *)_this)->at[ Index(((P0 *)_this)->pending, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 112: // STATE 28
		;
		now.reader[0] = trpt->bup.oval;
		;
		goto R999;

	case 113: // STATE 34
		;
		now.freed[0] = trpt->bup.ovals[3];
		now.reader[0] = trpt->bup.ovals[2];
		now.owner[0] = trpt->bup.ovals[1];
		((P0 *)_this)->at[0] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;
;
		;
		
	case 115: // STATE 40
		;
		((P0 *)_this)->at[0] = trpt->bup.ovals[2];
		now.reader[0] = trpt->bup.ovals[1];
		now.owner[0] = trpt->bup.ovals[0];
		_m = unsend(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]);
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 116: // STATE 43
		;
		((P0 *)_this)->at[0] = trpt->bup.oval;
		;
		goto R999;

	case 117: // STATE 47
		;
		now.reader[1] = trpt->bup.oval;
		;
		goto R999;

	case 118: // STATE 53
		;
		now.freed[1] = trpt->bup.ovals[3];
		now.reader[1] = trpt->bup.ovals[2];
		now.owner[1] = trpt->bup.ovals[1];
		((P0 *)_this)->at[1] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;
;
		;
		
	case 120: // STATE 59
		;
		((P0 *)_this)->at[1] = trpt->bup.ovals[2];
		now.reader[1] = trpt->bup.ovals[1];
		now.owner[1] = trpt->bup.ovals[0];
		_m = unsend(now.to_master[ Index(((int)((P0 *)_this)->me), 2) ]);
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 121: // STATE 62
		;
		((P0 *)_this)->at[1] = trpt->bup.oval;
		;
		goto R999;

	case 122: // STATE 65
		;
		now.alive[ Index(((P0 *)_this)->me, 2) ] = trpt->bup.ovals[2];
	/* 1 */	((P0 *)_this)->pending = trpt->bup.ovals[1];
	/* 0 */	((P0 *)_this)->ending = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 123: // STATE 70
		;
		now.alive[ Index(((P0 *)_this)->me, 2) ] = trpt->bup.ovals[1];
		now.deaths = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 124: // STATE 75
		;
		now.stopped[ Index(((P0 *)_this)->me, 2) ] = trpt->bup.ovals[1];
		now.stops = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 125: // STATE 78
		;
		now.stopped[ Index(((P0 *)_this)->me, 2) ] = trpt->bup.oval;
		;
		goto R999;

	case 126: // STATE 83
		;
		p_restor(II);
		;
		;
		goto R999;
	}

