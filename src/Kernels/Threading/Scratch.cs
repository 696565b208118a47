using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Working memory of a kernel: packed panels, padded images. Each thread has one block that grows to the most it was ever asked
/// for, and is taken and given back like a stack, so that kernels neither allocate nor ask their callers for buffers.
/// </summary>
internal sealed class Scratch
{
    private const int Alignment = 16; // floats: 64 bytes, a cache line

    [ThreadStatic]
    private static Scratch? _ofThread;

    private float[] _block = [];
    private int _used;

    /// <summary>Makes every lease begin as NaN, for tests: a kernel that reads what it has not written then shows it.</summary>
    internal static bool IsPoisoned { get; set; }

    /// <summary>Takes <paramref name="length"/> floats, aligned to 64 bytes and not cleared, until the result is disposed.</summary>
    public static unsafe Lease Take(long length)
    {
        Scratch scratch = _ofThread ??= new Scratch();
        int rounded = checked((int)((length + Alignment - 1) / Alignment * Alignment));
        if (scratch._used + rounded + Alignment > scratch._block.Length)
        {
            // Leases on the old block keep it alive; it goes when they are given back.
            long grown = Math.Max(rounded + Alignment, Math.Min(scratch._block.Length * 2L, Array.MaxLength));
            scratch._block = GC.AllocateUninitializedArray<float>((int)grown, pinned: true);
            scratch._used = 0;
        }
        Lease lease = new(scratch, rounded);
        if (IsPoisoned) new Span<float>(lease.Data, rounded).Fill(float.NaN);
        return lease;
    }

    public readonly unsafe ref struct Lease
    {
        private readonly Scratch _scratch;
        private readonly float[] _block;
        private readonly int _start;

        public Lease(Scratch scratch, int length)
        {
            _scratch = scratch;
            _block = scratch._block;
            _start = scratch._used;
            float* first = (float*)Unsafe.AsPointer(ref _block[_start]);
            int skip = (int)((Alignment - ((nuint)first / sizeof(float) % Alignment)) % Alignment);
            Data = first + skip;
            scratch._used += skip + length;
        }

        public float* Data { get; }

        public void Dispose()
        {
            if (ReferenceEquals(_scratch._block, _block)) _scratch._used = _start;
        }
    }
}
