/* Times OpenBLAS's sgemm on request, one line for each:
 *
 *   gemm M N K THREADS BATCH_SECONDS SECONDS   ->   {"seconds": of one call, "checksum": of C}
 *
 * The first line it writes says who it is. It waits for a request without using a processor, and ends with its input. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { int m, n, k; float *a, *b, *c; } Product;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

static float *pattern(size_t length, int period) {
  float *p = aligned_alloc(64, (length * sizeof *p + 63) / 64 * 64);
  if (!p) { fprintf(stderr, "out of memory\n"); exit(1); }
  for (size_t i = 0; i < length; i++) p[i] = (i % period) * 0.01f;
  return p;
}

static double checksum(const float *p, size_t length) {
  double sum = 0;
  for (size_t i = 0; i < length; i++) sum += p[i] * (double)(i % 31 + 1);
  return sum;
}

/* Seconds of one call, over so many. */
static double batch(const Product *p, int repeats) {
  double start = now();
  for (int i = 0; i < repeats; i++)
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, p->m, p->n, p->k, 1, p->a, p->k, p->b, p->n, 0, p->c, p->n);
  return (now() - start) / repeats;
}

/* The same best-of timing as Timing.cs. */
static double best(const Product *p, double batch_seconds, double turn_seconds) {
  batch(p, 1);
  int repeats = 1;
  double seconds = batch(p, repeats);
  while (seconds * repeats < batch_seconds) {
    repeats = (int)ceil(fmin(repeats * 10.0, 1.1 * batch_seconds / seconds));
    seconds = batch(p, repeats);
  }
  double least = seconds, start = now();
  for (int i = 1; i < 2 || now() - start < turn_seconds; i++) least = fmin(least, batch(p, repeats));
  return least;
}

int main(void) {
  char config[256];
  snprintf(config, sizeof config, "%s", openblas_get_config());
  /* "OpenBLAS 0.3.21 and its build options" */
  char *version = strchr(config, ' ');
  version = version ? version + 1 : config;
  version[strcspn(version, " ")] = 0;
  printf("{\"version\": \"%s\", \"kernels\": \"%s\"}\n", version, openblas_get_corename());
  fflush(stdout);

  char line[256];
  while (fgets(line, sizeof line, stdin)) {
    Product p;
    int threads;
    double batch_seconds, turn_seconds;
    if (sscanf(line, "gemm %d %d %d %d %lf %lf", &p.m, &p.n, &p.k, &threads, &batch_seconds, &turn_seconds) != 6) {
      fprintf(stderr, "not a request: %s", line);
      return 1;
    }
    size_t m = p.m, n = p.n, k = p.k;
    p.a = pattern(m * k, 7);
    p.b = pattern(k * n, 5);
    p.c = pattern(m * n, 1);
    openblas_set_num_threads(threads);
    double seconds = best(&p, batch_seconds, turn_seconds);
    printf("{\"seconds\": %.9g, \"checksum\": %.9g}\n", seconds, checksum(p.c, m * n));
    fflush(stdout);
    free(p.a);
    free(p.b);
    free(p.c);
  }
  return 0;
}
