/* Read before every C++ file of llama.cpp (tools/build_llama.py). GCC up to 13.2 takes _tile_loadconfig for a reader of eight
   bytes instead of 64 and drops the stores of the rest: the tiles are not set up, and the first multiplication of a quantised
   matrix on a CPU with AMX is an illegal instruction. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14 && defined(__AMX_TILE__)
#include <immintrin.h>
#undef _tile_loadconfig
#define _tile_loadconfig(config) __asm__ volatile("ldtilecfg %0" ::"m"(*(const char(*)[64])(config)))
#endif
