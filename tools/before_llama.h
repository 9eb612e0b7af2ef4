/* Read before every C++ file of llama.cpp (tools/build_llama.py).

   GCC up to 13.2 takes _tile_loadconfig for a reader of eight bytes instead of 64 and drops the stores of the rest: the tiles
   are not set up, and the first multiplication of a quantised matrix on a CPU with AMX is an illegal instruction. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14 && defined(__AMX_TILE__)
#include <immintrin.h>
#undef _tile_loadconfig
#define _tile_loadconfig(config) __asm__ volatile("ldtilecfg %0" ::"m"(*(const char(*)[64])(config)))
#endif

/* With AVX512-FP16 ggml takes 128 half floats at once and all that is left over one by one, converted by hand. The heads of many
   small models are 64 wide: attention goes over them several times as slowly as with the wide floats that CPUs without it use
   (docs/performance.md). Those add up more exactly, too. */
#undef __AVX512FP16__
