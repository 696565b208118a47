using System.Diagnostics;
using CnnEngine.Kernels;
int n = args.Length > 0 ? int.Parse(args[0]) : 1024;
float[] a = new float[n*n], b = new float[n*n], c = new float[n*n];
for (int i = 0; i < a.Length; i++) { a[i] = i % 7 * .1f; b[i] = i % 5 * .1f; }
foreach (int threads in new[] {1, 2})
{
    Threads.Count = threads;
    double best = 1e9;
    for (int r = 0; r < 12; r++) { long t = Stopwatch.GetTimestamp(); Gemm.Multiply(n, n, n, a, b, c); best = Math.Min(best, Stopwatch.GetElapsedTime(t).TotalSeconds); }
    Console.WriteLine($"{threads} threads {2.0*n*n*n/best/1e9:F1} GFLOP/s  {Simd.Width}");
}
unsafe {
 Threads.Count = 1;
 using var s = Scratch.Take(100000);
 float* p = s.Data; for (int i = 0; i < 100000; i++) p[i] = 0;
 foreach (int steps in new[] { 32, 128, 256, 400 })
 foreach (int rows in new[] { 12, 8, 6, 4 }) {
 int* off = (int*)(p + 60000); for (int t = 0; t < steps; t++) off[t] = t * 32;
 double best = 1e9; int reps = 20000;
 for (int r = 0; r < 12; r++) { long t = Stopwatch.GetTimestamp();
  for (int q = 0; q < reps; q++) BroadcastKernel.Run<Simd512, System.Runtime.Intrinsics.Vector512<float>>(rows, steps, p, p + 8192, off, p + 50000, 32, false);
  best = Math.Min(best, Stopwatch.GetElapsedTime(t).TotalSeconds); }
 Console.WriteLine($"micro {rows}x{steps}: {2.0*rows*32*steps*reps/best/1e9:F1} GFLOP/s");
 } }
