typedef struct foo foo_alias; struct foo { int a; };
struct root { foo_alias *a; foo_alias b; };
typedef struct foo foo; typedef int foo2;
enum bar { foo3, bar }; 
struct T1; struct T2 { struct T1 *a; int (*cb)(struct T2 *, struct T1 *, struct T3 { int z; } *); }; struct T1 { struct T2 x; };
typedef struct s_td s_td; struct s_td { s_td *self; int (*ops)(s_td *, s_td **); };
typedef s_td *s_ptr; struct use { s_ptr a; const s_ptr b; s_td c[2][3]; };
typedef struct ops ops_t; struct ops { void (*open)(ops_t *o); const ops_t *next; };
struct A { struct { struct B *b; } u; }; struct B { struct A a; };
typedef __builtin_va_list va; int g(va *x) { return 0; }
int dd = 3; struct root r; foo2 q; enum bar eb; struct T1 t1; struct use us; ops_t op; struct B bb; foo f0;
int f(foo *x) { struct foo_local { int a; } l; { struct foo { char c; long d; } *k = (void*)x; return k->d; } }
int h(void) { struct T1 { char m; } *z = (void*)&t1; enum bar { foo9 = 2, foo3 } y = foo9; return z->m + y; }
