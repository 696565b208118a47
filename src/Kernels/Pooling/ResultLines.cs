using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Results on their way past the caches whose rows need not be whole lines: they are gathered in the first-level cache, where each has the place in its
/// line that it has in memory, and lines go on soon after they are complete. To send kilobytes at once takes up to 1.25 of the time, because nothing
/// is read meanwhile.
/// </summary>
internal static unsafe class ResultLines
{
    private const int Line = CacheSizes.Line, Floats = CacheSizes.FloatsOfLine;

    /// <summary>
    /// How many results lines are sent behind the last one: what has just been stored cannot be loaded at once. Lines that are sent as soon as they are
    /// complete take up to 1.15 of the time; 100 to 400 numbers measured alike.
    /// </summary>
    public const int Lag = 192;

    /// <summary>
    /// Where to gather what belongs at <paramref name="memory"/>: within two lines from the beginning of some room. The lines at both ends, which
    /// <see cref="Finish"/> writes in part, are asked for: a store that waits for its line holds up all that follow.
    /// </summary>
    public static float* Begin(float* room, float* memory, int length)
    {
        Simd.PrefetchNear(memory);
        Simd.PrefetchNear(memory + length);
        return (float*)(((nuint)room & ~(nuint)(Line - 1)) + ((nuint)memory % Line)) + Floats;
    }

    /// <summary>Numbers before the first whole line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Head(float* results) => (int)((Line - ((nuint)results % Line)) % Line / sizeof(float));

    /// <summary>
    /// Sends whole lines of what is ready on, results and, if there are any, places, from number <paramref name="sent"/>, and returns where they end.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Send<S, V>(float* results, float* memory, bool hasPlaces, float* places, float* memoryAt, int sent, int ready)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (; sent + Floats <= ready; sent += Floats)
            for (int k = sent; k < sent + Floats; k += S.Lanes)
            {
                S.StoreStreaming(memory + k, S.Load(results + k));
                if (hasPlaces) S.StoreStreaming(memoryAt + k, S.Load(places + k));
            }
        return sent;
    }

    /// <summary>Copies the numbers that fill no whole line, or all if lines were not sent.</summary>
    public static void Finish(float* results, int length, float* memory, bool areSent)
    {
        int head = areSent ? Math.Min(length, Head(memory)) : length, tail = (length - head) % Floats;
        new Span<float>(results, head).CopyTo(new Span<float>(memory, head));
        new Span<float>(results + (length - tail), tail).CopyTo(new Span<float>(memory + (length - tail), tail));
    }
}
