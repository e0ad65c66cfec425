#ifdef PEG
struct T_SRC {
	char *fl; int ln;
} T_SRC[NTRANS];

void
tr_2_src(int m, char *file, int ln)
{	T_SRC[m].fl = file;
	T_SRC[m].ln = ln;
}

void
putpeg(int n, int m)
{	printf("%5d	trans %4d ", m, n);
	printf("%s:%d\n",
		T_SRC[n].fl, T_SRC[n].ln);
}
#endif

void
settable(void)
{	Trans *T;
	Trans *settr(int, int, int, int, int, char *, int, int, int);

	trans = (Trans ***) emalloc(3*sizeof(Trans **));

	/* proctype 1: Master */

	trans[1] = (Trans **) emalloc(304*sizeof(Trans *));

	T = trans[ 1][19] = settr(101,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(101,2,9,0,0,"ATOMIC", 1, 2, 0);
	T = trans[ 1][9] = settr(91,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(91,0,1,0,0,"sub-sequence", 1, 2, 0);
	trans[1][1]	= settr(83,2,8,3,3,"known[0] = 1", 1, 2, 0); /* m: 2 -> 0,8 */
	reached1[2] = 1;
	trans[1][2]	= settr(0,0,0,0,0,"leaving[0] = 0",0,0,0);
	trans[1][3]	= settr(0,0,0,0,0,"told[0] = 0",0,0,0);
	trans[1][4]	= settr(0,0,0,0,0,"seen_stopped[0] = 0",0,0,0);
	trans[1][5]	= settr(0,0,0,0,0,"unacknowledged[0] = 0",0,0,0);
	trans[1][6]	= settr(0,0,0,0,0,"alive[0] = 1",0,0,0);
	trans[1][7]	= settr(0,0,0,0,0,"stopped[0] = 0",0,0,0);
	trans[1][8]	= settr(90,2,18,4,4,"(run Worker(0))", 1, 2, 0);
	T = trans[ 1][18] = settr(100,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(100,0,10,0,0,"sub-sequence", 1, 2, 0);
	trans[1][10]	= settr(92,2,17,5,5,"known[1] = 1", 1, 2, 0); /* m: 11 -> 0,17 */
	reached1[11] = 1;
	trans[1][11]	= settr(0,0,0,0,0,"leaving[1] = 0",0,0,0);
	trans[1][12]	= settr(0,0,0,0,0,"told[1] = 0",0,0,0);
	trans[1][13]	= settr(0,0,0,0,0,"seen_stopped[1] = 0",0,0,0);
	trans[1][14]	= settr(0,0,0,0,0,"unacknowledged[1] = 0",0,0,0);
	trans[1][15]	= settr(0,0,0,0,0,"alive[1] = 1",0,0,0);
	trans[1][16]	= settr(0,0,0,0,0,"stopped[1] = 0",0,0,0);
	trans[1][17]	= settr(99,0,300,6,6,"(run Worker(1))", 1, 2, 0);
	trans[1][301]	= settr(383,0,300,1,0,".(goto)", 0, 2, 0);
	T = trans[1][300] = settr(382,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,23,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,27,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,31,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,35,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,41,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,47,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,53,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,59,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,79,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,141,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,144,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,156,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,161,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,166,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,186,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,248,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,251,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,263,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,268,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,273,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(382,0,276,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(382,0,299,0,0,"DO", 0, 2, 0);
	T = trans[ 1][23] = settr(105,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(105,2,20,0,0,"ATOMIC", 1, 2, 0);
	trans[1][20]	= settr(102,0,300,7,7,"(((place[0]==COMING)&&!(draining)))", 1, 2, 0); /* m: 21 -> 300,0 */
	reached1[21] = 1;
	trans[1][21]	= settr(0,0,0,0,0,"place[0] = QUEUED",0,0,0);
	trans[1][22]	= settr(0,0,0,0,0,"copy[0] = 1",0,0,0);
	T = trans[ 1][27] = settr(109,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(109,2,24,0,0,"ATOMIC", 1, 2, 0);
	trans[1][24]	= settr(106,0,300,8,8,"(((place[0]==QUEUED)&&draining))", 1, 2, 0); /* m: 25 -> 300,0 */
	reached1[25] = 1;
	trans[1][25]	= settr(0,0,0,0,0,"place[0] = CLOSED",0,0,0);
	trans[1][26]	= settr(0,0,0,0,0,"copy[0] = 0",0,0,0);
	T = trans[ 1][31] = settr(113,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(113,2,28,0,0,"ATOMIC", 1, 2, 0);
	trans[1][28]	= settr(110,0,300,9,9,"(((place[1]==COMING)&&!(draining)))", 1, 2, 0); /* m: 29 -> 300,0 */
	reached1[29] = 1;
	trans[1][29]	= settr(0,0,0,0,0,"place[1] = QUEUED",0,0,0);
	trans[1][30]	= settr(0,0,0,0,0,"copy[1] = 1",0,0,0);
	T = trans[ 1][35] = settr(117,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(117,2,32,0,0,"ATOMIC", 1, 2, 0);
	trans[1][32]	= settr(114,0,300,10,10,"(((place[1]==QUEUED)&&draining))", 1, 2, 0); /* m: 33 -> 300,0 */
	reached1[33] = 1;
	trans[1][33]	= settr(0,0,0,0,0,"place[1] = CLOSED",0,0,0);
	trans[1][34]	= settr(0,0,0,0,0,"copy[1] = 0",0,0,0);
	T = trans[ 1][41] = settr(123,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(123,2,36,0,0,"ATOMIC", 1, 3, 0);
	trans[1][36]	= settr(118,2,37,11,0,"((((place[0]==QUEUED)&&!(draining))&&(((((known[0]&&alive[0])&&!(leaving[0]))&&!(seen_stopped[0]))&&(unacknowledged[0]<1))&&nfull(to_worker[0]))))", 1, 3, 0);
	trans[1][37]	= settr(119,0,300,12,12,"to_worker[0]!SENT,0", 1, 3, 0); /* m: 38 -> 300,0 */
	reached1[38] = 1;
	trans[1][38]	= settr(0,0,0,0,0,"place[0] = GIVEN",0,0,0);
	trans[1][39]	= settr(0,0,0,0,0,"given[0] = 0",0,0,0);
	trans[1][40]	= settr(0,0,0,0,0,"unacknowledged[0] = (unacknowledged[0]+1)",0,0,0);
	T = trans[ 1][47] = settr(129,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(129,2,42,0,0,"ATOMIC", 1, 3, 0);
	trans[1][42]	= settr(124,2,43,13,0,"((((place[0]==QUEUED)&&!(draining))&&(((((known[1]&&alive[1])&&!(leaving[1]))&&!(seen_stopped[1]))&&(unacknowledged[1]<1))&&nfull(to_worker[1]))))", 1, 3, 0);
	trans[1][43]	= settr(125,0,300,14,14,"to_worker[1]!SENT,0", 1, 3, 0); /* m: 44 -> 300,0 */
	reached1[44] = 1;
	trans[1][44]	= settr(0,0,0,0,0,"place[0] = GIVEN",0,0,0);
	trans[1][45]	= settr(0,0,0,0,0,"given[0] = 1",0,0,0);
	trans[1][46]	= settr(0,0,0,0,0,"unacknowledged[1] = (unacknowledged[1]+1)",0,0,0);
	T = trans[ 1][53] = settr(135,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(135,2,48,0,0,"ATOMIC", 1, 3, 0);
	trans[1][48]	= settr(130,2,49,15,0,"((((place[1]==QUEUED)&&!(draining))&&(((((known[0]&&alive[0])&&!(leaving[0]))&&!(seen_stopped[0]))&&(unacknowledged[0]<1))&&nfull(to_worker[0]))))", 1, 3, 0);
	trans[1][49]	= settr(131,0,300,16,16,"to_worker[0]!SENT,1", 1, 3, 0); /* m: 50 -> 300,0 */
	reached1[50] = 1;
	trans[1][50]	= settr(0,0,0,0,0,"place[1] = GIVEN",0,0,0);
	trans[1][51]	= settr(0,0,0,0,0,"given[1] = 0",0,0,0);
	trans[1][52]	= settr(0,0,0,0,0,"unacknowledged[0] = (unacknowledged[0]+1)",0,0,0);
	T = trans[ 1][59] = settr(141,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(141,2,54,0,0,"ATOMIC", 1, 3, 0);
	trans[1][54]	= settr(136,2,55,17,0,"((((place[1]==QUEUED)&&!(draining))&&(((((known[1]&&alive[1])&&!(leaving[1]))&&!(seen_stopped[1]))&&(unacknowledged[1]<1))&&nfull(to_worker[1]))))", 1, 3, 0);
	trans[1][55]	= settr(137,0,300,18,18,"to_worker[1]!SENT,1", 1, 3, 0); /* m: 56 -> 300,0 */
	reached1[56] = 1;
	trans[1][56]	= settr(0,0,0,0,0,"place[1] = GIVEN",0,0,0);
	trans[1][57]	= settr(0,0,0,0,0,"given[1] = 1",0,0,0);
	trans[1][58]	= settr(0,0,0,0,0,"unacknowledged[1] = (unacknowledged[1]+1)",0,0,0);
	T = trans[ 1][79] = settr(161,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(161,2,60,0,0,"ATOMIC", 1, 504, 0);
	trans[1][60]	= settr(142,2,78,19,0,"((known[0]&&nempty(to_master[0])))", 1, 504, 0);
	T = trans[ 1][78] = settr(160,0,0,0,0,"sub-sequence", 1, 504, 0);
	T->nxt	= settr(160,0,61,0,0,"sub-sequence", 1, 504, 0);
	trans[1][61]	= settr(143,2,75,20,20,"to_master[0]?kind,c", 1, 504, 0);
	T = trans[1][75] = settr(157,2,0,0,0,"IF", 1, 504, 0);
	T = T->nxt	= settr(157,2,62,0,0,"IF", 1, 504, 0);
	    T->nxt	= settr(157,2,71,0,0,"IF", 1, 504, 0);
	trans[1][62]	= settr(144,2,69,21,21,"((kind==ACKNOWLEDGED))", 1, 504, 0);
	T = trans[1][69] = settr(151,2,0,0,0,"IF", 1, 504, 0);
	T = T->nxt	= settr(151,2,63,0,0,"IF", 1, 504, 0);
	    T->nxt	= settr(151,2,67,0,0,"IF", 1, 504, 0);
	trans[1][63]	= settr(145,0,300,22,22,"(((place[c]==GIVEN)&&(given[c]==0)))", 1, 504, 0); /* m: 64 -> 300,0 */
	reached1[64] = 1;
	trans[1][64]	= settr(0,0,0,0,0,"place[c] = HELD",0,0,0);
	trans[1][65]	= settr(0,0,0,0,0,"copy[c] = 0",0,0,0);
	trans[1][66]	= settr(0,0,0,0,0,"unacknowledged[0] = (unacknowledged[0]-1)",0,0,0);
	trans[1][70]	= settr(152,2,76,1,0,".(goto)", 1, 504, 0); /* m: 76 -> 0,300 */
	reached1[76] = 1;
	trans[1][67]	= settr(149,2,68,2,0,"else", 1, 504, 0);
	trans[1][68]	= settr(150,0,300,23,23,"(1)", 1, 504, 0); /* m: 76 -> 300,0 */
	reached1[76] = 1;
	trans[1][76]	= settr(158,0,300,24,24,".(goto)", 1, 504, 0); /* m: 77 -> 0,300 */
	reached1[77] = 1;
	trans[1][71]	= settr(153,0,300,25,25,"((kind==RETURNED))", 1, 504, 0); /* m: 72 -> 300,0 */
	reached1[72] = 1;
	trans[1][72]	= settr(0,0,0,0,0,"assert((((place[c]==HELD)&&(given[c]==0))&&!(copy[c])))",0,0,0);
	trans[1][73]	= settr(0,0,0,0,0,"place[c] = QUEUED",0,0,0);
	trans[1][74]	= settr(0,0,0,0,0,"copy[c] = 1",0,0,0);
	trans[1][77]	= settr(0,0,0,0,0,"c = 0",0,0,0);
	T = trans[ 1][141] = settr(223,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(223,2,80,0,0,"ATOMIC", 1, 2, 0);
	trans[1][80]	= settr(162,2,140,26,0,"((known[0]&&!(alive[0])))", 1, 2, 0);
	T = trans[ 1][140] = settr(222,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(222,0,102,0,0,"sub-sequence", 1, 2, 0);
	trans[1][103]	= settr(185,2,102,1,0,".(goto)", 1, 2, 0);
	T = trans[1][102] = settr(184,2,0,0,0,"DO", 1, 2, 0);
	T = T->nxt	= settr(184,2,81,0,0,"DO", 1, 2, 0);
	    T->nxt	= settr(184,2,100,0,0,"DO", 1, 2, 0);
	trans[1][81]	= settr(163,2,99,27,0,"(nempty(to_master[0]))", 1, 504, 0);
	T = trans[ 1][99] = settr(181,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(181,0,82,0,0,"sub-sequence", 1, 2, 0);
	trans[1][82]	= settr(164,2,96,28,28,"to_master[0]?kind,c", 1, 504, 0);
	T = trans[1][96] = settr(178,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(178,2,83,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(178,2,92,0,0,"IF", 1, 2, 0);
	trans[1][83]	= settr(165,2,90,29,29,"((kind==ACKNOWLEDGED))", 1, 2, 0);
	T = trans[1][90] = settr(172,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(172,2,84,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(172,2,88,0,0,"IF", 1, 2, 0);
	trans[1][84]	= settr(166,2,102,30,30,"(((place[c]==GIVEN)&&(given[c]==0)))", 1, 2, 0); /* m: 85 -> 102,0 */
	reached1[85] = 1;
	trans[1][85]	= settr(0,0,0,0,0,"place[c] = HELD",0,0,0);
	trans[1][86]	= settr(0,0,0,0,0,"copy[c] = 0",0,0,0);
	trans[1][87]	= settr(0,0,0,0,0,"unacknowledged[0] = (unacknowledged[0]-1)",0,0,0);
	trans[1][91]	= settr(173,2,98,1,0,".(goto)", 1, 2, 0); /* m: 98 -> 0,102 */
	reached1[98] = 1;
	trans[1][88]	= settr(170,2,89,2,0,"else", 1, 2, 0);
	trans[1][89]	= settr(171,2,102,31,31,"(1)", 1, 2, 0); /* m: 98 -> 102,0 */
	reached1[98] = 1;
	trans[1][97]	= settr(179,2,98,1,0,".(goto)", 1, 2, 0); /* m: 98 -> 0,102 */
	reached1[98] = 1;
	trans[1][92]	= settr(174,2,102,32,32,"((kind==RETURNED))", 1, 2, 0); /* m: 93 -> 102,0 */
	reached1[93] = 1;
	trans[1][93]	= settr(0,0,0,0,0,"assert((((place[c]==HELD)&&(given[c]==0))&&!(copy[c])))",0,0,0);
	trans[1][94]	= settr(0,0,0,0,0,"place[c] = QUEUED",0,0,0);
	trans[1][95]	= settr(0,0,0,0,0,"copy[c] = 1",0,0,0);
	trans[1][98]	= settr(180,2,102,33,33,"c = 0", 1, 2, 0);
	trans[1][100]	= settr(182,2,121,34,34,"(empty(to_master[0]))", 1, 1004, 0); /* m: 105 -> 121,0 */
	reached1[105] = 1;
	trans[1][101]	= settr(183,2,105,1,0,"goto :b2", 1, 2, 0); /* m: 105 -> 0,121 */
	reached1[105] = 1;
	trans[1][104]	= settr(186,2,105,1,0,"break", 1, 2, 0);
	trans[1][105]	= settr(187,2,121,35,35,"c = 0", 1, 2, 0);
	trans[1][122]	= settr(204,2,121,1,0,".(goto)", 1, 2, 0);
	T = trans[1][121] = settr(203,2,0,0,0,"DO", 1, 2, 0);
	T = T->nxt	= settr(203,2,106,0,0,"DO", 1, 2, 0);
	    T->nxt	= settr(203,2,119,0,0,"DO", 1, 2, 0);
	trans[1][106]	= settr(188,2,116,36,0,"((c<2))", 1, 2, 0);
	T = trans[1][116] = settr(198,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(198,2,107,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(198,2,109,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(198,2,114,0,0,"IF", 1, 2, 0);
	trans[1][107]	= settr(189,2,121,37,37,"(((place[c]==GIVEN)&&(given[c]==0)))", 1, 2, 0); /* m: 108 -> 121,0 */
	reached1[108] = 1;
	trans[1][108]	= settr(0,0,0,0,0,"place[c] = QUEUED",0,0,0);
	trans[1][117]	= settr(199,2,118,1,0,".(goto)", 1, 2, 0); /* m: 118 -> 0,121 */
	reached1[118] = 1;
	trans[1][109]	= settr(191,2,121,38,38,"((((place[c]==HELD)&&(given[c]==0))&&!(freed[c])))", 1, 2, 0); /* m: 110 -> 121,0 */
	reached1[110] = 1;
	trans[1][110]	= settr(0,0,0,0,0,"assert((owner[c]!=0))",0,0,0);
	trans[1][111]	= settr(0,0,0,0,0,"place[c] = CLOSED",0,0,0);
	trans[1][112]	= settr(0,0,0,0,0,"owner[c] = 0",0,0,0);
	trans[1][113]	= settr(0,0,0,0,0,"reader[c] = 0",0,0,0);
	trans[1][114]	= settr(196,2,115,2,0,"else", 1, 2, 0);
	trans[1][115]	= settr(197,2,121,39,39,"(1)", 1, 2, 0); /* m: 118 -> 121,0 */
	reached1[118] = 1;
	trans[1][118]	= settr(200,2,121,40,40,"c = (c+1)", 1, 2, 0);
	trans[1][119]	= settr(201,2,124,2,0,"else", 1, 2, 0);
	trans[1][120]	= settr(202,2,124,1,0,"goto :b3", 1, 2, 0); /* m: 124 -> 0,131 */
	reached1[124] = 1;
	trans[1][123]	= settr(205,2,124,1,0,"break", 1, 2, 0);
	trans[1][124]	= settr(206,2,131,41,41,"c = 0", 1, 2, 0);
	trans[1][132]	= settr(214,2,131,1,0,".(goto)", 1, 2, 0);
	T = trans[1][131] = settr(213,2,0,0,0,"DO", 1, 2, 0);
	T = T->nxt	= settr(213,2,125,0,0,"DO", 1, 2, 0);
	T = T->nxt	= settr(213,2,127,0,0,"DO", 1, 2, 0);
	    T->nxt	= settr(213,2,129,0,0,"DO", 1, 2, 0);
	trans[1][125]	= settr(207,2,126,42,0,"(nempty(to_worker[0]))", 1, 503, 0);
	trans[1][126]	= settr(208,2,131,43,43,"to_worker[0]?kind,_", 1, 503, 0);
	trans[1][127]	= settr(209,2,128,44,0,"(nempty(to_master[0]))", 1, 504, 0);
	trans[1][128]	= settr(210,2,131,45,45,"to_master[0]?kind,_", 1, 504, 0);
	trans[1][129]	= settr(211,0,300,46,46,"((empty(to_worker[0])&&empty(to_master[0])))", 1, 1003, 1004); /* m: 134 -> 300,0 */
	reached1[134] = 1;
	trans[1][130]	= settr(212,2,134,1,0,"goto :b4", 1, 2, 0); /* m: 134 -> 0,300 */
	reached1[134] = 1;
	trans[1][133]	= settr(215,2,134,1,0,"break", 1, 2, 0);
	trans[1][134]	= settr(216,0,300,47,47,"kind = 0", 1, 2, 0); /* m: 135 -> 0,300 */
	reached1[135] = 1;
	trans[1][135]	= settr(0,0,0,0,0,"known[0] = 0",0,0,0);
	trans[1][136]	= settr(0,0,0,0,0,"leaving[0] = 0",0,0,0);
	trans[1][137]	= settr(0,0,0,0,0,"told[0] = 0",0,0,0);
	trans[1][138]	= settr(0,0,0,0,0,"seen_stopped[0] = 0",0,0,0);
	trans[1][139]	= settr(0,0,0,0,0,"unacknowledged[0] = 0",0,0,0);
	T = trans[ 1][144] = settr(226,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(226,2,142,0,0,"ATOMIC", 1, 2, 0);
	trans[1][142]	= settr(224,0,300,48,48,"(((known[0]&&alive[0])&&(seen_stopped[0]!=stopped[0])))", 1, 2, 0); /* m: 143 -> 300,0 */
	reached1[143] = 1;
	trans[1][143]	= settr(0,0,0,0,0,"seen_stopped[0] = stopped[0]",0,0,0);
	T = trans[ 1][156] = settr(238,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(238,2,145,0,0,"ATOMIC", 1, 2, 0);
	trans[1][145]	= settr(227,2,155,49,49,"(((!(known[0])&&!(draining))&&(starts>0)))", 1, 2, 0); /* m: 146 -> 155,0 */
	reached1[146] = 1;
	trans[1][146]	= settr(0,0,0,0,0,"starts = (starts-1)",0,0,0);
	T = trans[ 1][155] = settr(237,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(237,0,147,0,0,"sub-sequence", 1, 2, 0);
	trans[1][147]	= settr(229,2,154,50,50,"known[0] = 1", 1, 2, 0); /* m: 148 -> 0,154 */
	reached1[148] = 1;
	trans[1][148]	= settr(0,0,0,0,0,"leaving[0] = 0",0,0,0);
	trans[1][149]	= settr(0,0,0,0,0,"told[0] = 0",0,0,0);
	trans[1][150]	= settr(0,0,0,0,0,"seen_stopped[0] = 0",0,0,0);
	trans[1][151]	= settr(0,0,0,0,0,"unacknowledged[0] = 0",0,0,0);
	trans[1][152]	= settr(0,0,0,0,0,"alive[0] = 1",0,0,0);
	trans[1][153]	= settr(0,0,0,0,0,"stopped[0] = 0",0,0,0);
	trans[1][154]	= settr(236,0,300,51,51,"(run Worker(0))", 1, 2, 0);
	T = trans[ 1][161] = settr(243,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(243,2,157,0,0,"ATOMIC", 1, 3, 0);
	trans[1][157]	= settr(239,2,159,52,52,"((((((known[0]&&alive[0])&&!(leaving[0]))&&!(draining))&&(recycles>0))&&nfull(to_worker[0])))", 1, 3, 0); /* m: 158 -> 159,0 */
	reached1[158] = 1;
	trans[1][158]	= settr(0,0,0,0,0,"recycles = (recycles-1)",0,0,0);
	trans[1][159]	= settr(241,0,300,53,53,"to_worker[0]!RETIRE,0", 1, 3, 0); /* m: 160 -> 300,0 */
	reached1[160] = 1;
	trans[1][160]	= settr(0,0,0,0,0,"leaving[0] = 1",0,0,0);
	T = trans[ 1][166] = settr(248,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(248,2,162,0,0,"ATOMIC", 1, 3, 0);
	trans[1][162]	= settr(244,2,163,54,0,"(((((draining&&known[0])&&alive[0])&&!(told[0]))&&nfull(to_worker[0])))", 1, 3, 0);
	trans[1][163]	= settr(245,0,300,55,55,"to_worker[0]!DRAIN,0", 1, 3, 0); /* m: 164 -> 300,0 */
	reached1[164] = 1;
	trans[1][164]	= settr(0,0,0,0,0,"leaving[0] = 1",0,0,0);
	trans[1][165]	= settr(0,0,0,0,0,"told[0] = 1",0,0,0);
	T = trans[ 1][186] = settr(268,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(268,2,167,0,0,"ATOMIC", 1, 504, 0);
	trans[1][167]	= settr(249,2,185,56,0,"((known[1]&&nempty(to_master[1])))", 1, 504, 0);
	T = trans[ 1][185] = settr(267,0,0,0,0,"sub-sequence", 1, 504, 0);
	T->nxt	= settr(267,0,168,0,0,"sub-sequence", 1, 504, 0);
	trans[1][168]	= settr(250,2,182,57,57,"to_master[1]?kind,c", 1, 504, 0);
	T = trans[1][182] = settr(264,2,0,0,0,"IF", 1, 504, 0);
	T = T->nxt	= settr(264,2,169,0,0,"IF", 1, 504, 0);
	    T->nxt	= settr(264,2,178,0,0,"IF", 1, 504, 0);
	trans[1][169]	= settr(251,2,176,58,58,"((kind==ACKNOWLEDGED))", 1, 504, 0);
	T = trans[1][176] = settr(258,2,0,0,0,"IF", 1, 504, 0);
	T = T->nxt	= settr(258,2,170,0,0,"IF", 1, 504, 0);
	    T->nxt	= settr(258,2,174,0,0,"IF", 1, 504, 0);
	trans[1][170]	= settr(252,0,300,59,59,"(((place[c]==GIVEN)&&(given[c]==1)))", 1, 504, 0); /* m: 171 -> 300,0 */
	reached1[171] = 1;
	trans[1][171]	= settr(0,0,0,0,0,"place[c] = HELD",0,0,0);
	trans[1][172]	= settr(0,0,0,0,0,"copy[c] = 0",0,0,0);
	trans[1][173]	= settr(0,0,0,0,0,"unacknowledged[1] = (unacknowledged[1]-1)",0,0,0);
	trans[1][177]	= settr(259,2,183,1,0,".(goto)", 1, 504, 0); /* m: 183 -> 0,300 */
	reached1[183] = 1;
	trans[1][174]	= settr(256,2,175,2,0,"else", 1, 504, 0);
	trans[1][175]	= settr(257,0,300,60,60,"(1)", 1, 504, 0); /* m: 183 -> 300,0 */
	reached1[183] = 1;
	trans[1][183]	= settr(265,0,300,61,61,".(goto)", 1, 504, 0); /* m: 184 -> 0,300 */
	reached1[184] = 1;
	trans[1][178]	= settr(260,0,300,62,62,"((kind==RETURNED))", 1, 504, 0); /* m: 179 -> 300,0 */
	reached1[179] = 1;
	trans[1][179]	= settr(0,0,0,0,0,"assert((((place[c]==HELD)&&(given[c]==1))&&!(copy[c])))",0,0,0);
	trans[1][180]	= settr(0,0,0,0,0,"place[c] = QUEUED",0,0,0);
	trans[1][181]	= settr(0,0,0,0,0,"copy[c] = 1",0,0,0);
	trans[1][184]	= settr(0,0,0,0,0,"c = 0",0,0,0);
	T = trans[ 1][248] = settr(330,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(330,2,187,0,0,"ATOMIC", 1, 2, 0);
	trans[1][187]	= settr(269,2,247,63,0,"((known[1]&&!(alive[1])))", 1, 2, 0);
	T = trans[ 1][247] = settr(329,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(329,0,209,0,0,"sub-sequence", 1, 2, 0);
	trans[1][210]	= settr(292,2,209,1,0,".(goto)", 1, 2, 0);
	T = trans[1][209] = settr(291,2,0,0,0,"DO", 1, 2, 0);
	T = T->nxt	= settr(291,2,188,0,0,"DO", 1, 2, 0);
	    T->nxt	= settr(291,2,207,0,0,"DO", 1, 2, 0);
	trans[1][188]	= settr(270,2,206,64,0,"(nempty(to_master[1]))", 1, 504, 0);
	T = trans[ 1][206] = settr(288,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(288,0,189,0,0,"sub-sequence", 1, 2, 0);
	trans[1][189]	= settr(271,2,203,65,65,"to_master[1]?kind,c", 1, 504, 0);
	T = trans[1][203] = settr(285,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(285,2,190,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(285,2,199,0,0,"IF", 1, 2, 0);
	trans[1][190]	= settr(272,2,197,66,66,"((kind==ACKNOWLEDGED))", 1, 2, 0);
	T = trans[1][197] = settr(279,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(279,2,191,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(279,2,195,0,0,"IF", 1, 2, 0);
	trans[1][191]	= settr(273,2,209,67,67,"(((place[c]==GIVEN)&&(given[c]==1)))", 1, 2, 0); /* m: 192 -> 209,0 */
	reached1[192] = 1;
	trans[1][192]	= settr(0,0,0,0,0,"place[c] = HELD",0,0,0);
	trans[1][193]	= settr(0,0,0,0,0,"copy[c] = 0",0,0,0);
	trans[1][194]	= settr(0,0,0,0,0,"unacknowledged[1] = (unacknowledged[1]-1)",0,0,0);
	trans[1][198]	= settr(280,2,205,1,0,".(goto)", 1, 2, 0); /* m: 205 -> 0,209 */
	reached1[205] = 1;
	trans[1][195]	= settr(277,2,196,2,0,"else", 1, 2, 0);
	trans[1][196]	= settr(278,2,209,68,68,"(1)", 1, 2, 0); /* m: 205 -> 209,0 */
	reached1[205] = 1;
	trans[1][204]	= settr(286,2,205,1,0,".(goto)", 1, 2, 0); /* m: 205 -> 0,209 */
	reached1[205] = 1;
	trans[1][199]	= settr(281,2,209,69,69,"((kind==RETURNED))", 1, 2, 0); /* m: 200 -> 209,0 */
	reached1[200] = 1;
	trans[1][200]	= settr(0,0,0,0,0,"assert((((place[c]==HELD)&&(given[c]==1))&&!(copy[c])))",0,0,0);
	trans[1][201]	= settr(0,0,0,0,0,"place[c] = QUEUED",0,0,0);
	trans[1][202]	= settr(0,0,0,0,0,"copy[c] = 1",0,0,0);
	trans[1][205]	= settr(287,2,209,70,70,"c = 0", 1, 2, 0);
	trans[1][207]	= settr(289,2,228,71,71,"(empty(to_master[1]))", 1, 1004, 0); /* m: 212 -> 228,0 */
	reached1[212] = 1;
	trans[1][208]	= settr(290,2,212,1,0,"goto :b5", 1, 2, 0); /* m: 212 -> 0,228 */
	reached1[212] = 1;
	trans[1][211]	= settr(293,2,212,1,0,"break", 1, 2, 0);
	trans[1][212]	= settr(294,2,228,72,72,"c = 0", 1, 2, 0);
	trans[1][229]	= settr(311,2,228,1,0,".(goto)", 1, 2, 0);
	T = trans[1][228] = settr(310,2,0,0,0,"DO", 1, 2, 0);
	T = T->nxt	= settr(310,2,213,0,0,"DO", 1, 2, 0);
	    T->nxt	= settr(310,2,226,0,0,"DO", 1, 2, 0);
	trans[1][213]	= settr(295,2,223,73,0,"((c<2))", 1, 2, 0);
	T = trans[1][223] = settr(305,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(305,2,214,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(305,2,216,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(305,2,221,0,0,"IF", 1, 2, 0);
	trans[1][214]	= settr(296,2,228,74,74,"(((place[c]==GIVEN)&&(given[c]==1)))", 1, 2, 0); /* m: 215 -> 228,0 */
	reached1[215] = 1;
	trans[1][215]	= settr(0,0,0,0,0,"place[c] = QUEUED",0,0,0);
	trans[1][224]	= settr(306,2,225,1,0,".(goto)", 1, 2, 0); /* m: 225 -> 0,228 */
	reached1[225] = 1;
	trans[1][216]	= settr(298,2,228,75,75,"((((place[c]==HELD)&&(given[c]==1))&&!(freed[c])))", 1, 2, 0); /* m: 217 -> 228,0 */
	reached1[217] = 1;
	trans[1][217]	= settr(0,0,0,0,0,"assert((owner[c]!=0))",0,0,0);
	trans[1][218]	= settr(0,0,0,0,0,"place[c] = CLOSED",0,0,0);
	trans[1][219]	= settr(0,0,0,0,0,"owner[c] = 0",0,0,0);
	trans[1][220]	= settr(0,0,0,0,0,"reader[c] = 0",0,0,0);
	trans[1][221]	= settr(303,2,222,2,0,"else", 1, 2, 0);
	trans[1][222]	= settr(304,2,228,76,76,"(1)", 1, 2, 0); /* m: 225 -> 228,0 */
	reached1[225] = 1;
	trans[1][225]	= settr(307,2,228,77,77,"c = (c+1)", 1, 2, 0);
	trans[1][226]	= settr(308,2,231,2,0,"else", 1, 2, 0);
	trans[1][227]	= settr(309,2,231,1,0,"goto :b6", 1, 2, 0); /* m: 231 -> 0,238 */
	reached1[231] = 1;
	trans[1][230]	= settr(312,2,231,1,0,"break", 1, 2, 0);
	trans[1][231]	= settr(313,2,238,78,78,"c = 0", 1, 2, 0);
	trans[1][239]	= settr(321,2,238,1,0,".(goto)", 1, 2, 0);
	T = trans[1][238] = settr(320,2,0,0,0,"DO", 1, 2, 0);
	T = T->nxt	= settr(320,2,232,0,0,"DO", 1, 2, 0);
	T = T->nxt	= settr(320,2,234,0,0,"DO", 1, 2, 0);
	    T->nxt	= settr(320,2,236,0,0,"DO", 1, 2, 0);
	trans[1][232]	= settr(314,2,233,79,0,"(nempty(to_worker[1]))", 1, 503, 0);
	trans[1][233]	= settr(315,2,238,80,80,"to_worker[1]?kind,_", 1, 503, 0);
	trans[1][234]	= settr(316,2,235,81,0,"(nempty(to_master[1]))", 1, 504, 0);
	trans[1][235]	= settr(317,2,238,82,82,"to_master[1]?kind,_", 1, 504, 0);
	trans[1][236]	= settr(318,0,300,83,83,"((empty(to_worker[1])&&empty(to_master[1])))", 1, 1003, 1004); /* m: 241 -> 300,0 */
	reached1[241] = 1;
	trans[1][237]	= settr(319,2,241,1,0,"goto :b7", 1, 2, 0); /* m: 241 -> 0,300 */
	reached1[241] = 1;
	trans[1][240]	= settr(322,2,241,1,0,"break", 1, 2, 0);
	trans[1][241]	= settr(323,0,300,84,84,"kind = 0", 1, 2, 0); /* m: 242 -> 0,300 */
	reached1[242] = 1;
	trans[1][242]	= settr(0,0,0,0,0,"known[1] = 0",0,0,0);
	trans[1][243]	= settr(0,0,0,0,0,"leaving[1] = 0",0,0,0);
	trans[1][244]	= settr(0,0,0,0,0,"told[1] = 0",0,0,0);
	trans[1][245]	= settr(0,0,0,0,0,"seen_stopped[1] = 0",0,0,0);
	trans[1][246]	= settr(0,0,0,0,0,"unacknowledged[1] = 0",0,0,0);
	T = trans[ 1][251] = settr(333,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(333,2,249,0,0,"ATOMIC", 1, 2, 0);
	trans[1][249]	= settr(331,0,300,85,85,"(((known[1]&&alive[1])&&(seen_stopped[1]!=stopped[1])))", 1, 2, 0); /* m: 250 -> 300,0 */
	reached1[250] = 1;
	trans[1][250]	= settr(0,0,0,0,0,"seen_stopped[1] = stopped[1]",0,0,0);
	T = trans[ 1][263] = settr(345,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(345,2,252,0,0,"ATOMIC", 1, 2, 0);
	trans[1][252]	= settr(334,2,262,86,86,"(((!(known[1])&&!(draining))&&(starts>0)))", 1, 2, 0); /* m: 253 -> 262,0 */
	reached1[253] = 1;
	trans[1][253]	= settr(0,0,0,0,0,"starts = (starts-1)",0,0,0);
	T = trans[ 1][262] = settr(344,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(344,0,254,0,0,"sub-sequence", 1, 2, 0);
	trans[1][254]	= settr(336,2,261,87,87,"known[1] = 1", 1, 2, 0); /* m: 255 -> 0,261 */
	reached1[255] = 1;
	trans[1][255]	= settr(0,0,0,0,0,"leaving[1] = 0",0,0,0);
	trans[1][256]	= settr(0,0,0,0,0,"told[1] = 0",0,0,0);
	trans[1][257]	= settr(0,0,0,0,0,"seen_stopped[1] = 0",0,0,0);
	trans[1][258]	= settr(0,0,0,0,0,"unacknowledged[1] = 0",0,0,0);
	trans[1][259]	= settr(0,0,0,0,0,"alive[1] = 1",0,0,0);
	trans[1][260]	= settr(0,0,0,0,0,"stopped[1] = 0",0,0,0);
	trans[1][261]	= settr(343,0,300,88,88,"(run Worker(1))", 1, 2, 0);
	T = trans[ 1][268] = settr(350,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(350,2,264,0,0,"ATOMIC", 1, 3, 0);
	trans[1][264]	= settr(346,2,266,89,89,"((((((known[1]&&alive[1])&&!(leaving[1]))&&!(draining))&&(recycles>0))&&nfull(to_worker[1])))", 1, 3, 0); /* m: 265 -> 266,0 */
	reached1[265] = 1;
	trans[1][265]	= settr(0,0,0,0,0,"recycles = (recycles-1)",0,0,0);
	trans[1][266]	= settr(348,0,300,90,90,"to_worker[1]!RETIRE,0", 1, 3, 0); /* m: 267 -> 300,0 */
	reached1[267] = 1;
	trans[1][267]	= settr(0,0,0,0,0,"leaving[1] = 1",0,0,0);
	T = trans[ 1][273] = settr(355,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(355,2,269,0,0,"ATOMIC", 1, 3, 0);
	trans[1][269]	= settr(351,2,270,91,0,"(((((draining&&known[1])&&alive[1])&&!(told[1]))&&nfull(to_worker[1])))", 1, 3, 0);
	trans[1][270]	= settr(352,0,300,92,92,"to_worker[1]!DRAIN,0", 1, 3, 0); /* m: 271 -> 300,0 */
	reached1[271] = 1;
	trans[1][271]	= settr(0,0,0,0,0,"leaving[1] = 1",0,0,0);
	trans[1][272]	= settr(0,0,0,0,0,"told[1] = 1",0,0,0);
	T = trans[ 1][276] = settr(358,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(358,2,274,0,0,"ATOMIC", 1, 2, 0);
	trans[1][274]	= settr(356,0,300,93,93,"(!(draining))", 1, 2, 0); /* m: 275 -> 300,0 */
	reached1[275] = 1;
	trans[1][275]	= settr(0,0,0,0,0,"draining = 1",0,0,0);
	T = trans[ 1][299] = settr(381,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(381,2,277,0,0,"ATOMIC", 1, 3000, 0);
	trans[1][277]	= settr(359,2,297,94,0,"(timeout)", 1, 3000, 0);
	T = trans[ 1][297] = settr(379,0,0,0,0,"sub-sequence", 1, 3000, 0);
	T->nxt	= settr(379,0,278,0,0,"sub-sequence", 1, 3000, 0);
	trans[1][278]	= settr(360,2,294,95,95,"c = 0", 1, 3000, 0);
	trans[1][295]	= settr(377,2,294,1,0,".(goto)", 1, 3000, 0);
	T = trans[1][294] = settr(376,2,0,0,0,"DO", 1, 3000, 0);
	T = T->nxt	= settr(376,2,279,0,0,"DO", 1, 3000, 0);
	    T->nxt	= settr(376,2,292,0,0,"DO", 1, 3000, 0);
	trans[1][279]	= settr(361,2,289,96,0,"((c<2))", 1, 3000, 0);
	T = trans[1][289] = settr(371,2,0,0,0,"IF", 1, 3000, 0);
	T = T->nxt	= settr(371,2,280,0,0,"IF", 1, 3000, 0);
	T = T->nxt	= settr(371,2,282,0,0,"IF", 1, 3000, 0);
	T = T->nxt	= settr(371,2,284,0,0,"IF", 1, 3000, 0);
	    T->nxt	= settr(371,2,287,0,0,"IF", 1, 3000, 0);
	trans[1][280]	= settr(362,2,294,97,97,"((place[c]==COMING))", 1, 3000, 0); /* m: 281 -> 294,0 */
	reached1[281] = 1;
	trans[1][281]	= settr(0,0,0,0,0,"assert(draining)",0,0,0);
	trans[1][290]	= settr(372,2,291,1,0,".(goto)", 1, 3000, 0); /* m: 291 -> 0,294 */
	reached1[291] = 1;
	trans[1][282]	= settr(364,2,294,98,98,"((place[c]==CLOSED))", 1, 3000, 0); /* m: 283 -> 294,0 */
	reached1[283] = 1;
	trans[1][283]	= settr(0,0,0,0,0,"assert((!(copy[c])&&(owner[c]==0)))",0,0,0);
	trans[1][284]	= settr(366,2,294,99,99,"((place[c]==HELD))", 1, 3000, 0); /* m: 285 -> 294,0 */
	reached1[285] = 1;
	trans[1][285]	= settr(0,0,0,0,0,"assert(!(copy[c]))",0,0,0);
	trans[1][286]	= settr(0,0,0,0,0,"assert((freed[c]||(((owner[c]!=0)&&alive[given[c]])&&!(draining))))",0,0,0);
	trans[1][287]	= settr(369,2,294,100,100,"(((place[c]==QUEUED)||(place[c]==GIVEN)))", 1, 3000, 0); /* m: 288 -> 294,0 */
	reached1[288] = 1;
	trans[1][288]	= settr(0,0,0,0,0,"assert(0)",0,0,0);
	trans[1][291]	= settr(373,2,294,101,101,"c = (c+1)", 1, 3000, 0);
	trans[1][292]	= settr(374,2,296,2,0,"else", 1, 3000, 0);
	trans[1][293]	= settr(375,2,296,1,0,"goto :b8", 1, 3000, 0);
	trans[1][296]	= settr(378,2,298,1,0,"break", 1, 3000, 0);
	trans[1][298]	= settr(380,0,303,1,0,"goto :b1", 1, 3000, 0);
	trans[1][302]	= settr(384,0,303,1,0,"break", 0, 2, 0);
	trans[1][303]	= settr(385,0,0,102,102,"-end-", 0, 3500, 0);

	/* proctype 0: Worker */

	trans[0] = (Trans **) emalloc(84*sizeof(Trans *));

	trans[0][81]	= settr(80,0,80,1,0,".(goto)", 0, 2, 0);
	T = trans[0][80] = settr(79,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,16,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,21,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,25,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,29,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,35,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,41,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,44,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,48,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,54,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,60,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,63,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,67,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,72,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(79,0,76,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(79,0,79,0,0,"DO", 0, 2, 0);
	T = trans[ 0][16] = settr(15,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(15,2,1,0,0,"ATOMIC", 1, 503, 0);
	trans[0][1]	= settr(0,2,2,103,0,"(((!(stopped[me])&&(pending==255))&&nempty(to_worker[me])))", 1, 503, 0);
	trans[0][2]	= settr(1,2,13,104,104,"to_worker[me]?kind,c", 1, 503, 0);
	T = trans[0][13] = settr(12,2,0,0,0,"IF", 1, 503, 0);
	T = T->nxt	= settr(12,2,3,0,0,"IF", 1, 503, 0);
	T = T->nxt	= settr(12,2,7,0,0,"IF", 1, 503, 0);
	    T->nxt	= settr(12,2,10,0,0,"IF", 1, 503, 0);
	trans[0][3]	= settr(2,0,80,105,105,"((kind==SENT))", 1, 503, 0); /* m: 4 -> 80,0 */
	reached0[4] = 1;
	trans[0][4]	= settr(0,0,0,0,0,"assert((at[c]==0))",0,0,0);
	trans[0][5]	= settr(0,0,0,0,0,"at[c] = 1",0,0,0);
	trans[0][6]	= settr(0,0,0,0,0,"pending = c",0,0,0);
	trans[0][14]	= settr(13,0,80,106,106,".(goto)", 1, 503, 0); /* m: 15 -> 0,80 */
	reached0[15] = 1;
	trans[0][7]	= settr(6,0,80,107,107,"((kind==RETIRE))", 1, 503, 0); /* m: 8 -> 80,0 */
	reached0[8] = 1;
	trans[0][8]	= settr(0,0,0,0,0,"returning = 1",0,0,0);
	trans[0][9]	= settr(0,0,0,0,0,"ending = 1",0,0,0);
	trans[0][10]	= settr(9,0,80,108,108,"((kind==DRAIN))", 1, 503, 0); /* m: 11 -> 80,0 */
	reached0[11] = 1;
	trans[0][11]	= settr(0,0,0,0,0,"returning = 0",0,0,0);
	trans[0][12]	= settr(0,0,0,0,0,"ending = 1",0,0,0);
	trans[0][15]	= settr(0,0,0,0,0,"c = 0",0,0,0);
	T = trans[ 0][21] = settr(20,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(20,2,17,0,0,"ATOMIC", 1, 4, 0);
	trans[0][17]	= settr(16,2,18,109,0,"((((!(stopped[me])&&(pending!=255))&&(at[pending]==1))&&nfull(to_master[me])))", 1, 4, 0);
	trans[0][18]	= settr(17,0,80,110,110,"to_master[me]!ACKNOWLEDGED,pending", 1, 4, 0); /* m: 19 -> 80,0 */
	reached0[19] = 1;
	trans[0][19]	= settr(0,0,0,0,0,"owner[pending] = _pid",0,0,0);
	trans[0][20]	= settr(0,0,0,0,0,"at[pending] = 2",0,0,0);
	T = trans[ 0][25] = settr(24,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(24,2,22,0,0,"ATOMIC", 1, 2, 0);
	trans[0][22]	= settr(21,0,80,111,111,"(((!(stopped[me])&&(pending!=255))&&(at[pending]==2)))", 1, 2, 0); /* m: 23 -> 80,0 */
	reached0[23] = 1;
	trans[0][23]	= settr(0,0,0,0,0,"at[pending] = 3",0,0,0);
	trans[0][24]	= settr(0,0,0,0,0,"pending = 255",0,0,0);
	T = trans[ 0][29] = settr(28,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(28,2,26,0,0,"ATOMIC", 1, 2, 0);
	trans[0][26]	= settr(25,0,80,112,112,"(((!(stopped[me])&&(((at[0]==3)||(0&&(at[0]==1)))||(0&&(at[0]==4))))&&(reader[0]!=_pid)))", 1, 2, 0); /* m: 27 -> 80,0 */
	reached0[27] = 1;
	trans[0][27]	= settr(0,0,0,0,0,"assert((reader[0]==0))",0,0,0);
	trans[0][28]	= settr(0,0,0,0,0,"reader[0] = _pid",0,0,0);
	T = trans[ 0][35] = settr(34,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(34,2,30,0,0,"ATOMIC", 1, 2, 0);
	trans[0][30]	= settr(29,0,80,113,113,"((!(stopped[me])&&(at[0]==3)))", 1, 2, 0); /* m: 31 -> 80,0 */
	reached0[31] = 1;
	trans[0][31]	= settr(0,0,0,0,0,"at[0] = 0",0,0,0);
	trans[0][32]	= settr(0,0,0,0,0,"owner[0] = 0",0,0,0);
	trans[0][33]	= settr(0,0,0,0,0,"reader[0] = 0",0,0,0);
	trans[0][34]	= settr(0,0,0,0,0,"freed[0] = 1",0,0,0);
	T = trans[ 0][41] = settr(40,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(40,2,36,0,0,"ATOMIC", 1, 4, 0);
	trans[0][36]	= settr(35,2,37,114,0,"((((!(stopped[me])&&returning)&&(at[0]==3))&&nfull(to_master[me])))", 1, 4, 0);
	trans[0][37]	= settr(36,0,80,115,115,"to_master[me]!RETURNED,0", 1, 4, 0); /* m: 38 -> 80,0 */
	reached0[38] = 1;
	trans[0][38]	= settr(0,0,0,0,0,"owner[0] = 0",0,0,0);
	trans[0][39]	= settr(0,0,0,0,0,"reader[0] = 0",0,0,0);
	trans[0][40]	= settr(0,0,0,0,0,"at[0] = 4",0,0,0);
	T = trans[ 0][44] = settr(43,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(43,2,42,0,0,"ATOMIC", 1, 2, 0);
	trans[0][42]	= settr(41,0,80,116,116,"((!(stopped[me])&&(at[0]==4)))", 1, 2, 0); /* m: 43 -> 80,0 */
	reached0[43] = 1;
	trans[0][43]	= settr(0,0,0,0,0,"at[0] = 0",0,0,0);
	T = trans[ 0][48] = settr(47,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(47,2,45,0,0,"ATOMIC", 1, 2, 0);
	trans[0][45]	= settr(44,0,80,117,117,"(((!(stopped[me])&&(((at[1]==3)||(0&&(at[1]==1)))||(0&&(at[1]==4))))&&(reader[1]!=_pid)))", 1, 2, 0); /* m: 46 -> 80,0 */
	reached0[46] = 1;
	trans[0][46]	= settr(0,0,0,0,0,"assert((reader[1]==0))",0,0,0);
	trans[0][47]	= settr(0,0,0,0,0,"reader[1] = _pid",0,0,0);
	T = trans[ 0][54] = settr(53,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(53,2,49,0,0,"ATOMIC", 1, 2, 0);
	trans[0][49]	= settr(48,0,80,118,118,"((!(stopped[me])&&(at[1]==3)))", 1, 2, 0); /* m: 50 -> 80,0 */
	reached0[50] = 1;
	trans[0][50]	= settr(0,0,0,0,0,"at[1] = 0",0,0,0);
	trans[0][51]	= settr(0,0,0,0,0,"owner[1] = 0",0,0,0);
	trans[0][52]	= settr(0,0,0,0,0,"reader[1] = 0",0,0,0);
	trans[0][53]	= settr(0,0,0,0,0,"freed[1] = 1",0,0,0);
	T = trans[ 0][60] = settr(59,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(59,2,55,0,0,"ATOMIC", 1, 4, 0);
	trans[0][55]	= settr(54,2,56,119,0,"((((!(stopped[me])&&returning)&&(at[1]==3))&&nfull(to_master[me])))", 1, 4, 0);
	trans[0][56]	= settr(55,0,80,120,120,"to_master[me]!RETURNED,1", 1, 4, 0); /* m: 57 -> 80,0 */
	reached0[57] = 1;
	trans[0][57]	= settr(0,0,0,0,0,"owner[1] = 0",0,0,0);
	trans[0][58]	= settr(0,0,0,0,0,"reader[1] = 0",0,0,0);
	trans[0][59]	= settr(0,0,0,0,0,"at[1] = 4",0,0,0);
	T = trans[ 0][63] = settr(62,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(62,2,61,0,0,"ATOMIC", 1, 2, 0);
	trans[0][61]	= settr(60,0,80,121,121,"((!(stopped[me])&&(at[1]==4)))", 1, 2, 0); /* m: 62 -> 80,0 */
	reached0[62] = 1;
	trans[0][62]	= settr(0,0,0,0,0,"at[1] = 0",0,0,0);
	T = trans[ 0][67] = settr(66,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(66,2,64,0,0,"ATOMIC", 1, 2, 0);
	trans[0][64]	= settr(63,4,83,122,122,"(((((!(stopped[me])&&ending)&&(pending==255))&&(at[0]==0))&&(at[1]==0)))", 1, 2, 0); /* m: 65 -> 83,0 */
	reached0[65] = 1;
	trans[0][65]	= settr(0,0,0,0,0,"alive[me] = 0",0,0,0);
	trans[0][66]	= settr(65,0,83,1,0,"goto :b0", 1, 2, 0);
	T = trans[ 0][72] = settr(71,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(71,2,68,0,0,"ATOMIC", 1, 2, 0);
	trans[0][68]	= settr(67,4,83,123,123,"((deaths>0))", 1, 2, 0); /* m: 69 -> 83,0 */
	reached0[69] = 1;
	trans[0][69]	= settr(0,0,0,0,0,"deaths = (deaths-1)",0,0,0);
	trans[0][70]	= settr(0,0,0,0,0,"alive[me] = 0",0,0,0);
	trans[0][71]	= settr(70,0,83,1,0,"goto :b0", 1, 2, 0);
	T = trans[ 0][76] = settr(75,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(75,2,73,0,0,"ATOMIC", 1, 2, 0);
	trans[0][73]	= settr(72,0,80,124,124,"(((stops>0)&&!(stopped[me])))", 1, 2, 0); /* m: 74 -> 80,0 */
	reached0[74] = 1;
	trans[0][74]	= settr(0,0,0,0,0,"stops = (stops-1)",0,0,0);
	trans[0][75]	= settr(0,0,0,0,0,"stopped[me] = 1",0,0,0);
	T = trans[ 0][79] = settr(78,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(78,2,77,0,0,"ATOMIC", 1, 2, 0);
	trans[0][77]	= settr(76,0,80,125,125,"(stopped[me])", 1, 2, 0); /* m: 78 -> 80,0 */
	reached0[78] = 1;
	trans[0][78]	= settr(0,0,0,0,0,"stopped[me] = 0",0,0,0);
	trans[0][82]	= settr(81,0,83,1,0,"break", 0, 2, 0);
	trans[0][83]	= settr(82,0,0,126,126,"-end-", 0, 3500, 0);
	/* np_ demon: */
	trans[_NP_] = (Trans **) emalloc(3*sizeof(Trans *));
	T = trans[_NP_][0] = settr(9997,0,1,_T5,0,"(np_)", 1,2,0);
	    T->nxt	  = settr(9998,0,0,_T2,0,"(1)",   0,2,0);
	T = trans[_NP_][1] = settr(9999,0,1,_T5,0,"(np_)", 1,2,0);
}

Trans *
settr(	int t_id, int a, int b, int c, int d,
	char *t, int g, int tpe0, int tpe1)
{	Trans *tmp = (Trans *) emalloc(sizeof(Trans));

	tmp->atom  = a&(6|32);	/* only (2|8|32) have meaning */
	if (!g) tmp->atom |= 8;	/* no global references */
	tmp->st    = b;
	tmp->tpe[0] = tpe0;
	tmp->tpe[1] = tpe1;
	tmp->tp    = t;
	tmp->t_id  = t_id;
	tmp->forw  = c;
	tmp->back  = d;
	return tmp;
}

Trans *
cpytr(Trans *a)
{	Trans *tmp = (Trans *) emalloc(sizeof(Trans));

	int i;
	tmp->atom  = a->atom;
	tmp->st    = a->st;
#ifdef HAS_UNLESS
	tmp->e_trans = a->e_trans;
	for (i = 0; i < HAS_UNLESS; i++)
		tmp->escp[i] = a->escp[i];
#endif
	tmp->tpe[0] = a->tpe[0];
	tmp->tpe[1] = a->tpe[1];
	for (i = 0; i < 6; i++)
	{	tmp->qu[i] = a->qu[i];
		tmp->ty[i] = a->ty[i];
	}
	tmp->tp    = (char *) emalloc(strlen(a->tp)+1);
	strcpy(tmp->tp, a->tp);
	tmp->t_id  = a->t_id;
	tmp->forw  = a->forw;
	tmp->back  = a->back;
	return tmp;
}

#ifndef NOREDUCE
int
srinc_set(int n)
{	if (n <= 2) return LOCAL;
	if (n <= 2+  DELTA) return Q_FULL_F; /* 's' or nfull  */
	if (n <= 2+2*DELTA) return Q_EMPT_F; /* 'r' or nempty */
	if (n <= 2+3*DELTA) return Q_EMPT_T; /* empty */
	if (n <= 2+4*DELTA) return Q_FULL_T; /* full  */
	if (n ==   5*DELTA) return GLOBAL;
	if (n ==   6*DELTA) return TIMEOUT_F;
	if (n ==   7*DELTA) return ALPHA_F;
	Uerror("cannot happen srinc_class");
	return BAD;
}
int
srunc(int n, int m)
{	switch(m) {
	case Q_FULL_F: return n-2;
	case Q_EMPT_F: return n-2-DELTA;
	case Q_EMPT_T: return n-2-2*DELTA;
	case Q_FULL_T: return n-2-3*DELTA;
	case ALPHA_F:
	case TIMEOUT_F: return 257; /* non-zero, and > MAXQ */
	}
	Uerror("cannot happen srunc");
	return 0;
}
#endif
int cnt;
#ifdef HAS_UNLESS
int
isthere(Trans *a, int b)
{	Trans *t;
	for (t = a; t; t = t->nxt)
		if (t->t_id == b)
			return 1;
	return 0;
}
#endif
#ifndef NOREDUCE
int
mark_safety(Trans *t) /* for conditional safety */
{	int g = 0, i, j, k;

	if (!t) return 0;
	if (t->qu[0])
		return (t->qu[1])?2:1;	/* marked */

	for (i = 0; i < 2; i++)
	{	j = srinc_set(t->tpe[i]);
		if (j >= GLOBAL && j != ALPHA_F)
			return -1;
		if (j != LOCAL)
		{	k = srunc(t->tpe[i], j);
			if (g == 0
			||  t->qu[0] != k
			||  t->ty[0] != j)
			{	t->qu[g] = k;
				t->ty[g] = j;
				g++;
	}	}	}
	return g;
}
#endif
void
retrans(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
	/* process n, with m states, is=initial state */
{	Trans *T0, *T1, *T2, *T3;
	Trans *T4, *T5; /* t_reverse or has_unless */
	int i;
#if defined(HAS_UNLESS) || !defined(NOREDUCE)
	int k;
#endif
#ifndef NOREDUCE
	int g, h, j, aa;
#endif
#ifdef HAS_UNLESS
	int p;
#endif
	if (state_tables >= 4)
	{	printf("STEP 1 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
	do {
		for (i = 1, cnt = 0; i < m; i++)
		{	T2 = trans[n][i];
			T1 = T2?T2->nxt:(Trans *)0;
/* prescan: */		for (T0 = T1; T0; T0 = T0->nxt)
/* choice in choice */	{	if (T0->st && trans[n][T0->st]
				&&  trans[n][T0->st]->nxt)
					break;
			}
#if 0
		if (T0)
		printf("\tstate %d / %d: choice in choice\n",
		i, T0->st);
#endif
			if (T0)
			for (T0 = T1; T0; T0 = T0->nxt)
			{	T3 = trans[n][T0->st];
				if (!T3->nxt)
				{	T2->nxt = cpytr(T0);
					T2 = T2->nxt;
					imed(T2, T0->st, n, i);
					continue;
				}
				do {	T3 = T3->nxt;
					T2->nxt = cpytr(T3);
					T2 = T2->nxt;
					imed(T2, T0->st, n, i);
				} while (T3->nxt);
				cnt++;
			}
		}
	} while (cnt);
	if (state_tables >= 3)
	{	printf("STEP 2 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
	for (i = 1; i < m; i++)
	{	if (trans[n][i] && trans[n][i]->nxt) /* optimize */
		{	T1 = trans[n][i]->nxt;
#if 0
			printf("\t\tpull %d (%d) to %d\n",
			T1->st, T1->forw, i);
#endif
			srcln[i] = srcln[T1->st];	/* Oyvind Teig, 5.2.0 */

			if (!trans[n][T1->st]) continue;
			T0 = cpytr(trans[n][T1->st]);
			trans[n][i] = T0;
			reach[T1->st] = 1;
			imed(T0, T1->st, n, i);
			for (T1 = T1->nxt; T1; T1 = T1->nxt)
			{
#if 0
			printf("\t\tpull %d (%d) to %d\n",
				T1->st, T1->forw, i);
#endif
		/*		srcln[i] = srcln[T1->st];  gh: not useful */
				if (!trans[n][T1->st]) continue;
				T0->nxt = cpytr(trans[n][T1->st]);
				T0 = T0->nxt;
				reach[T1->st] = 1;
				imed(T0, T1->st, n, i);
	}	}	}
	if (state_tables >= 2)
	{	printf("STEP 3 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
#ifdef HAS_UNLESS
	for (i = 1; i < m; i++)
	{	if (!trans[n][i]) continue;
		/* check for each state i if an
		 * escape to some state p is defined
		 * if so, copy and mark p's transitions
		 * and prepend them to the transition-
		 * list of state i
		 */
	 if (!like_java) /* the default */
	 {	for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		for (k = HAS_UNLESS-1; k >= 0; k--)
		{	if (p = T0->escp[k])
			for (T1 = trans[n][p]; T1; T1 = T1->nxt)
			{	if (isthere(trans[n][i], T1->t_id))
					continue;
				T2 = cpytr(T1);
				T2->e_trans = p;
				T2->nxt = trans[n][i];
				trans[n][i] = T2;
		}	}
	 } else /* outermost unless checked first */
	 {	T4 = T3 = (Trans *) 0;
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		for (k = HAS_UNLESS-1; k >= 0; k--)
		{	if (p = T0->escp[k])
			for (T1 = trans[n][p]; T1; T1 = T1->nxt)
			{	if (isthere(trans[n][i], T1->t_id))
					continue;
				T2 = cpytr(T1);
				T2->nxt = (Trans *) 0;
				T2->e_trans = p;
				if (T3)	T3->nxt = T2;
				else	T4 = T2;
				T3 = T2;
		}	}
		if (T4)
		{	T3->nxt = trans[n][i];
			trans[n][i] = T4;
		}
	 }
	}
#endif
#ifndef NOREDUCE
	for (i = 1; i < m; i++)
	{	if (a_cycles)
		{ /* moves through these states are visible */
	#if PROG_LAB>0 && defined(HAS_NP)
			if (progstate[n][i])
				goto degrade;
			for (T1 = trans[n][i]; T1; T1 = T1->nxt)
				if (progstate[n][T1->st])
					goto degrade;
	#endif
			if (accpstate[n][i] || visstate[n][i])
				goto degrade;
			for (T1 = trans[n][i]; T1; T1 = T1->nxt)
				if (accpstate[n][T1->st])
					goto degrade;
		}
		T1 = trans[n][i];
		if (!T1) continue;
		g = mark_safety(T1);	/* V3.3.1 */
		if (g < 0) goto degrade; /* global */
		/* check if mixing of guards preserves reduction */
		if (T1->nxt)
		{	k = 0;
			for (T0 = T1; T0; T0 = T0->nxt)
			{	if (!(T0->atom&8))
					goto degrade;
				for (aa = 0; aa < 2; aa++)
				{	j = srinc_set(T0->tpe[aa]);
					if (j >= GLOBAL && j != ALPHA_F)
						goto degrade;
					if (T0->tpe[aa]
					&&  T0->tpe[aa]
					!=  T1->tpe[0])
						k = 1;
			}	}
			/* g = 0;	V3.3.1 */
			if (k)	/* non-uniform selection */
			for (T0 = T1; T0; T0 = T0->nxt)
			for (aa = 0; aa < 2; aa++)
			{	j = srinc_set(T0->tpe[aa]);
				if (j != LOCAL)
				{	k = srunc(T0->tpe[aa], j);
					for (h = 0; h < 6; h++)
						if (T1->qu[h] == k
						&&  T1->ty[h] == j)
							break;
					if (h >= 6)
					{	T1->qu[g%6] = k;
						T1->ty[g%6] = j;
						g++;
			}	}	}
			if (g > 6)
			{	T1->qu[0] = 0;	/* turn it off */
				printf("pan: warning, line %d, ",
					srcln[i]);
			 	printf("too many stmnt types (%d)",
					g);
			  	printf(" in selection\n");
			  goto degrade;
			}
		}
		/* mark all options global if >=1 is global */
		for (T1 = trans[n][i]; T1; T1 = T1->nxt)
			if (!(T1->atom&8)) break;
		if (T1)
degrade:	for (T1 = trans[n][i]; T1; T1 = T1->nxt)
			T1->atom &= ~8;	/* mark as unsafe */
		/* can only mix 'r's or 's's if on same chan */
		/* and not mixed with other local operations */
		T1 = trans[n][i];
		if (!T1 || T1->qu[0]) continue;
		j = T1->tpe[0];
		if (T1->nxt && T1->atom&8)
		{ if (j == 5*DELTA)
		  {	printf("warning: line %d ", srcln[i]);
			printf("mixed condition ");
			printf("(defeats reduction)\n");
			goto degrade;
		  }
		  for (T0 = T1; T0; T0 = T0->nxt)
		  for (aa = 0; aa < 2; aa++)
		  if  (T0->tpe[aa] && T0->tpe[aa] != j)
		  {	printf("warning: line %d ", srcln[i]);
			printf("[%d-%d] mixed %stion ",
				T0->tpe[aa], j, 
				(j==5*DELTA)?"condi":"selec");
			printf("(defeats reduction)\n");
			printf("	'%s' <-> '%s'\n",
				T1->tp, T0->tp);
			goto degrade;
		} }
	}
#endif
	for (i = 1; i < m; i++)
	{	T2 = trans[n][i];
		if (!T2
		||  T2->nxt
		||  strncmp(T2->tp, ".(goto)", 7)
		||  !stopstate[n][i])
			continue;
		stopstate[n][T2->st] = 1;
	}
	if (state_tables && !verbose)
	{	if (dodot)
		{	char buf[256], *q = buf, *p = procname[n];
			while (*p != '\0')
			{	if (*p != ':')
				{	*q++ = *p;
				}
				p++;
			}
			*q = '\0';
			printf("digraph ");
			switch (Btypes[n]) {
			case I_PROC:  printf("init {\n"); break;
			case N_CLAIM: printf("claim_%s {\n", buf); break;
			case E_TRACE: printf("notrace {\n"); break;
			case N_TRACE: printf("trace {\n"); break;
			default:      printf("p_%s {\n", buf); break;
			}
			printf("size=\"8,10\";\n");
			printf("  GT [shape=box,style=dotted,label=\"%s\"];\n", buf);
			printf("  GT -> S%d;\n", is);
		} else
		{	switch (Btypes[n]) {
			case I_PROC:  printf("init\n"); break;
			case N_CLAIM: printf("claim %s\n", procname[n]); break;
			case E_TRACE: printf("notrace assertion\n"); break;
			case N_TRACE: printf("trace assertion\n"); break;
			default:      printf("proctype %s\n", procname[n]); break;
		}	}
		for (i = 1; i < m; i++)
		{	reach[i] = 1;
		}
		tagtable(n, m, is, srcln, reach);
		if (dodot) printf("}\n");
	} else
	for (i = 1; i < m; i++)
	{	int nrelse;
		if (Btypes[n] != N_CLAIM)
		{	for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			{	if (T0->st == i
				&& strcmp(T0->tp, "(1)") == 0)
				{	printf("error: proctype '%s' ",
						procname[n]);
		  			printf("line %d, state %d: has un",
						srcln[i], i);
					printf("conditional self-loop\n");
					pan_exit(1);
		}	}	}
		nrelse = 0;
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		{	if (strcmp(T0->tp, "else") == 0)
				nrelse++;
		}
		if (nrelse > 1)
		{	printf("error: proctype '%s' state",
				procname[n]);
		  	printf(" %d, inherits %d", i, nrelse);
		  	printf(" 'else' stmnts\n");
			pan_exit(1);
	}	}
#if !defined(LOOPSTATE) && !defined(BFS_PAR)
	if (state_tables)
#endif
	do_dfs(n, m, is, srcln, reach, lpstate);

	if (!t_reverse)
	{	return;
	}
	/* process n, with m states, is=initial state -- reverse list */
	if (!state_tables && Btypes[n] != N_CLAIM)
	{	for (i = 1; i < m; i++)
		{	Trans *Tx = (Trans *) 0; /* list of escapes */
			Trans *Ty = (Trans *) 0; /* its tail element */
			T1 = (Trans *) 0; /* reversed list */
			T2 = (Trans *) 0; /* its tail */
			T3 = (Trans *) 0; /* remembers possible 'else' */

			/* find unless-escapes, they should go first */
			T4 = T5 = T0 = trans[n][i];
	#ifdef HAS_UNLESS
			while (T4 && T4->e_trans) /* escapes are first in orig list */
			{	T5 = T4;	  /* remember predecessor */
				T4 = T4->nxt;
			}
	#endif
			/* T4 points to first non-escape, T5 to its parent, T0 to original list */
			if (T4 != T0)		 /* there was at least one escape */
			{	T3 = T5->nxt;		 /* start of non-escapes */
				T5->nxt = (Trans *) 0;	 /* separate */
				Tx = T0;		 /* start of the escapes */
				Ty = T5;		 /* its tail */
				T0 = T3;		 /* the rest, to be reversed */
			}
			/* T0 points to first non-escape, Tx to the list of escapes, Ty to its tail */

			/* first tail-add non-escape transitions, reversed */
			T3 = (Trans *) 0;
			for (T5 = T0; T5; T5 = T4)
			{	T4 = T5->nxt;
	#ifdef HAS_UNLESS
				if (T5->e_trans)
				{	printf("error: cannot happen!\n");
					continue;
				}
	#endif
				if (strcmp(T5->tp, "else") == 0)
				{	T3 = T5;
					T5->nxt = (Trans *) 0;
				} else
				{	T5->nxt = T1;
					if (!T1) { T2 = T5; }
					T1 = T5;
			}	}
			/* T3 points to a possible else, which is removed from the list */
			/* T1 points to the reversed list so far (without escapes) */
			/* T2 points to the tail element -- where the else should go */
			if (T2 && T3)
			{	T2->nxt = T3;	/* add else */
			} else
			{	if (T3) /* there was an else, but there's no tail */
				{	if (!T1)	/* and no reversed list */
					{	T1 = T3; /* odd, but possible */
					} else		/* even stranger */
					{	T1->nxt = T3;
			}	}	}

			/* add in the escapes, to that they appear at the front */
			if (Tx && Ty) { Ty->nxt = T1; T1 = Tx; }

			trans[n][i] = T1;
			/* reversed, with escapes first and else last */
	}	}
	if (state_tables && verbose)
	{	printf("FINAL proctype %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
	}
}
void
imed(Trans *T, int v, int n, int j)	/* set intermediate state */
{	progstate[n][T->st] |= progstate[n][v];
	accpstate[n][T->st] |= accpstate[n][v];
	stopstate[n][T->st] |= stopstate[n][v];
	mapstate[n][j] = T->st;
}
void
tagtable(int n, int m, int is, short srcln[], uchar reach[])
{	Trans *z;

	if (is >= m || !trans[n][is]
	||  is <= 0 || reach[is] == 0)
		return;
	reach[is] = 0;
	if (state_tables)
	for (z = trans[n][is]; z; z = z->nxt)
	{	if (dodot)
			dot_crack(n, is, z);
		else
			crack(n, is, z, srcln);
	}

	for (z = trans[n][is]; z; z = z->nxt)
	{
#ifdef HAS_UNLESS
		int i, j;
#endif
		tagtable(n, m, z->st, srcln, reach);
#ifdef HAS_UNLESS
		for (i = 0; i < HAS_UNLESS; i++)
		{	j = trans[n][is]->escp[i];
			if (!j) break;
			tagtable(n, m, j, srcln, reach);
		}
#endif
	}
}

extern Trans *t_id_lkup[];

void
dfs_table(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
{	Trans *z;

	if (is >= m || is <= 0 || !trans[n][is])
		return;
	if ((reach[is] & (4|8|16)) != 0)
	{	if ((reach[is] & (8|16)) == 16)	/* on stack, not yet recorded */
		{	lpstate[is] = 1;
			reach[is] |= 8; /* recorded */
			if (state_tables && verbose)
			{	printf("state %d line %d is a loopstate\n", is, srcln[is]);
		}	}
		return;
	}
	reach[is] |= (4|16);	/* visited | onstack */
	for (z = trans[n][is]; z; z = z->nxt)
	{	t_id_lkup[z->t_id] = z;
#ifdef HAS_UNLESS
		int i, j;
#endif
		dfs_table(n, m, z->st, srcln, reach, lpstate);
#ifdef HAS_UNLESS
		for (i = 0; i < HAS_UNLESS; i++)
		{	j = trans[n][is]->escp[i];
			if (!j) break;
			dfs_table(n, m, j, srcln, reach, lpstate);
		}
#endif
	}
	reach[is] &= ~16; /* no longer on stack */
}
void
do_dfs(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
{	int i;
	dfs_table(n, m, is, srcln, reach, lpstate);
	for (i = 0; i < m; i++)
		reach[i] &= ~(4|8|16);
}
void
crack(int n, int j, Trans *z, short srcln[])
{	int i;

	if (!z) return;
	printf("	state %3d -(tr %3d)-> state %3d  ",
		j, z->forw, z->st);
	printf("[id %3d tp %3d", z->t_id, z->tpe[0]);
	if (z->tpe[1]) printf(",%d", z->tpe[1]);
#ifdef HAS_UNLESS
	if (z->e_trans)
		printf(" org %3d", z->e_trans);
	else if (state_tables >= 2)
	for (i = 0; i < HAS_UNLESS; i++)
	{	if (!z->escp[i]) break;
		printf(" esc %d", z->escp[i]);
	}
#endif
	printf("]");
	printf(" [%s%s%s%s%s] %s:%d => ",
		z->atom&6?"A":z->atom&32?"D":"-",
		accpstate[n][j]?"a" :"-",
		stopstate[n][j]?"e" : "-",
		progstate[n][j]?"p" : "-",
		z->atom & 8 ?"L":"G",
		PanSource, srcln[j]);
	for (i = 0; z->tp[i]; i++)
		if (z->tp[i] == '\n')
			printf("\\n");
		else
			putchar(z->tp[i]);
	if (verbose && z->qu[0])
	{	printf("\t[");
		for (i = 0; i < 6; i++)
			if (z->qu[i])
				printf("(%d,%d)",
				z->qu[i], z->ty[i]);
		printf("]");
	}
	printf("\n");
	fflush(stdout);
}
/* spin -a m.pml; cc -o pan pan.c; ./pan -D | dot -Tps > foo.ps; ps2pdf foo.ps */
void
dot_crack(int n, int j, Trans *z)
{	int i;

	if (!z) return;
	printf("	S%d -> S%d  [color=black", j, z->st);

	if (z->atom&6) printf(",style=dashed");
	else if (z->atom&32) printf(",style=dotted");
	else if (z->atom&8) printf(",style=solid");
	else printf(",style=bold");

	printf(",label=\"");
	for (i = 0; z->tp[i]; i++)
	{	if (z->tp[i] == '\\'
		&&  z->tp[i+1] == 'n')
		{	i++; printf(" ");
		} else
		{	putchar(z->tp[i]);
	}	}
	printf("\"];\n");
	if (accpstate[n][j]) printf("  S%d [color=red,style=bold];\n", j);
	else if (progstate[n][j]) printf("  S%d [color=green,style=bold];\n", j);
	if (stopstate[n][j]) printf("  S%d [color=blue,style=bold,shape=box];\n", j);
}

#ifdef VAR_RANGES
#define BYTESIZE	32	/* 2^8 : 2^3 = 256:8 = 32 */

typedef struct Vr_Ptr {
	char	*nm;
	uchar	vals[BYTESIZE];
	struct Vr_Ptr *nxt;
} Vr_Ptr;
Vr_Ptr *ranges = (Vr_Ptr *) 0;

void
logval(char *s, int v)
{	Vr_Ptr *tmp;

	if (v<0 || v > 255) return;
	for (tmp = ranges; tmp; tmp = tmp->nxt)
		if (!strcmp(tmp->nm, s))
			goto found;
	tmp = (Vr_Ptr *) emalloc(sizeof(Vr_Ptr));
	tmp->nxt = ranges;
	ranges = tmp;
	tmp->nm = s;
found:
	tmp->vals[(v)/8] |= 1<<((v)%8);
}

void
dumpval(uchar X[], int range)
{	int w, x, i, j = -1;

	for (w = i = 0; w < range; w++)
	for (x = 0; x < 8; x++, i++)
	{
from:		if ((X[w] & (1<<x)))
		{	printf("%d", i);
			j = i;
			goto upto;
	}	}
	return;
	for (w = 0; w < range; w++)
	for (x = 0; x < 8; x++, i++)
	{
upto:		if (!(X[w] & (1<<x)))
		{	if (i-1 == j)
				printf(", ");
			else
				printf("-%d, ", i-1);
			goto from;
	}	}
	if (j >= 0 && j != 255)
		printf("-255");
}

void
dumpranges(void)
{	Vr_Ptr *tmp;
	printf("\nValues assigned within ");
	printf("interval [0..255]:\n");
	for (tmp = ranges; tmp; tmp = tmp->nxt)
	{	printf("\t%s\t: ", tmp->nm);
		dumpval(tmp->vals, BYTESIZE);
		printf("\n");
	}
}
#endif
