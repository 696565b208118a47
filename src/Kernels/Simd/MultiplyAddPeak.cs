using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>The machine's multiply-add peak, measured: what no kernel can exceed, and what per cents of peak refer to.</summary>
public static unsafe class MultiplyAddPeak
{
    private const int Steps = 20_000;
    private const int Rounds = 200;

    /// <summary>
    /// Runs twelve independent chains of multiply-adds in registers on each of <see cref="Threads.Count"/> threads, and takes the
    /// best of many short rounds.
    /// </summary>
    /// <returns>GFLOP/s over all threads, a multiply-add counting as two. Takes about a tenth of a second.</returns>
    public static double Measure()
    {
        int threads = Threads.Count;
        float sink = 0;
        double best = double.PositiveInfinity;
        Stopwatch total = Stopwatch.StartNew();
        for (int round = 0; round < Rounds && (round < 3 || total.ElapsedMilliseconds < 200); round++)
        {
            long start = Stopwatch.GetTimestamp();
            Threads.ForVectors(threads, new Chains(&sink));
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return 2.0 * 12 * Simd.Lanes * Steps * threads / best / 1e9;
    }

    private readonly struct Chains(float* sink) : IVectorChunks
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            V x = S.Broadcast(0.5f), y = S.Broadcast(1);
            V a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
            for (int step = 0; step < Steps; step++)
            {
                a = S.MultiplyAdd(a, x, y);
                b = S.MultiplyAdd(b, x, y);
                c = S.MultiplyAdd(c, x, y);
                d = S.MultiplyAdd(d, x, y);
                e = S.MultiplyAdd(e, x, y);
                f = S.MultiplyAdd(f, x, y);
                g = S.MultiplyAdd(g, x, y);
                h = S.MultiplyAdd(h, x, y);
                i = S.MultiplyAdd(i, x, y);
                j = S.MultiplyAdd(j, x, y);
                k = S.MultiplyAdd(k, x, y);
                l = S.MultiplyAdd(l, x, y);
            }
            // Used, so that nothing above is left out.
            V sum = S.Add(S.Add(S.Add(a, b), S.Add(c, d)), S.Add(S.Add(S.Add(e, f), S.Add(g, h)), S.Add(S.Add(i, j), S.Add(k, l))));
            if (float.IsNaN(S.Sum(sum))) *sink = 1;
        }
    }
}
