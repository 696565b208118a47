using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>
/// What a kernel may ask of a vector of floats. The runtime has no public interface over its vector widths, so each width is an
/// empty struct that implements this one (a <i>witness</i>): a kernel written once as <c>Run&lt;S, V&gt;</c> is compiled for
/// every width, and the calls below become single instructions.
/// </summary>
/// <typeparam name="V">The vector type.</typeparam>
internal unsafe interface ISimd<V> where V : unmanaged
{
    /// <summary>How many floats a vector holds.</summary>
    static abstract int Lanes { get; }

    static abstract V Zero { get; }

    /// <summary>Loads <see cref="Lanes"/> floats from any address.</summary>
    static abstract V Load(float* source);

    static abstract void Store(float* destination, V value);

    /// <summary>Stores to an address that is a multiple of the vector's size, past the caches where the machine can.</summary>
    static abstract void StoreStreaming(float* destination, V value);

    static abstract V Broadcast(float value);

    static abstract V Add(V a, V b);

    static abstract V Subtract(V a, V b);

    static abstract V Multiply(V a, V b);

    static abstract V Divide(V a, V b);

    static abstract V SquareRoot(V value);

    /// <summary>Lane by lane the smaller of the two; NaN if <paramref name="b"/> is.</summary>
    static abstract V Min(V a, V b);

    /// <summary>Lane by lane the larger of the two; NaN if <paramref name="b"/> is.</summary>
    static abstract V Max(V a, V b);

    /// <summary>value · 2ᵖᵒʷᵉʳ, rounded once, for whole powers of −250 to 250.</summary>
    static abstract V TimesPowerOfTwo(V value, V power);

    /// <summary>The whole number n of <c>value = m·2ⁿ</c>, 1 ≤ m &lt; 2, of positive numbers that are not too small to have it; more than 127 for NaN and infinity.</summary>
    static abstract V Exponent(V value);

    /// <summary>The natural logarithm, to about a unit in the last place.</summary>
    static abstract V Log(V value);

    /// <summary>a·b + c, with one rounding where the machine has it.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>Lane by lane: <paramref name="x"/> &gt; 0 ? <paramref name="positive"/> : <paramref name="otherwise"/> (so for NaN, too).</summary>
    static abstract V WherePositive(V x, V positive, V otherwise);

    /// <summary>Lane by lane: <paramref name="x"/> &lt; 0 ? <paramref name="negative"/> : <paramref name="otherwise"/> (so for NaN, too).</summary>
    static abstract V WhereNegative(V x, V negative, V otherwise);

    /// <summary>The bits that both have: a number where the other's bits are all set, 0 where none is.</summary>
    static abstract V And(V a, V b);

    /// <summary>The sum of all lanes.</summary>
    static abstract float Sum(V value);

    /// <summary>The sums of all lanes of four vectors, side by side: a quarter of the instructions that four of <see cref="Sum"/> take.</summary>
    static abstract Vector128<float> Sums(V a, V b, V c, V d);

    /// <summary>0, 1, 2, … lane by lane.</summary>
    static abstract V Iota { get; }

    /// <summary>Lane by lane: a = b ? <paramref name="equal"/> : <paramref name="otherwise"/>.</summary>
    static abstract V WhereEqual(V a, V b, V equal, V otherwise);

    /// <summary>Lane by lane: a &gt; b ? <paramref name="greater"/> : <paramref name="otherwise"/> (so for NaN, too).</summary>
    static abstract V WhereGreater(V a, V b, V greater, V otherwise);

    /// <summary>Whether a &lt; b in all lanes; not if one is NaN.</summary>
    static abstract bool IsLessEverywhere(V a, V b);

    /// <summary>
    /// Lane by lane: is <paramref name="x"/> a larger maximum than <paramref name="best"/>, or NaN? <paramref name="yes"/> :
    /// <paramref name="no"/>.
    /// </summary>
    static abstract V WhereBeats(V x, V best, V yes, V no);

    /// <summary>The lanes of even and of odd number of a row of two vectors.</summary>
    static abstract (V Even, V Odd) Deinterleave(V first, V second);

    /// <summary>The reverse of <see cref="Deinterleave"/>.</summary>
    static abstract (V First, V Second) Interleave(V even, V odd);

    /// <summary>Lane by lane the one to its right; in the last the first of <paramref name="next"/>.</summary>
    static abstract V Successors(V value, V next);

    /// <summary>Lane by lane the one to its left; in the first the last of <paramref name="previous"/>.</summary>
    static abstract V Predecessors(V value, V previous);

    /// <summary>Loads four floats for every four lanes, one four <paramref name="stride"/> floats behind the other.</summary>
    static abstract V LoadQuads(float* source, nint stride);

    /// <summary>The reverse of <see cref="LoadQuads"/>.</summary>
    static abstract void StoreQuads(float* destination, nint stride, V value);

    /// <summary><see cref="Interleave"/> within every four lanes, which no number leaves: four a cycle, where those that cross take two.</summary>
    static abstract (V First, V Second) InterleaveQuads(V even, V odd);

    /// <summary>Of each of L rows, one <paramref name="stride"/> floats behind the other, the number at its place.</summary>
    static abstract V Gather(float* rows, nint stride, int* places);

    /// <summary>Lane by lane the number of <paramref name="value"/>'s lane <paramref name="lanes"/>, integers whose lowest bits alone count.</summary>
    static abstract V Permute(V value, V lanes);

    /// <summary>
    /// 2^(n/L) of integers n, whose 13 lowest bits alone count, for powers that are neither too large nor too small for floats. Lane j of
    /// <paramref name="roots"/> holds 2^(j/L), from whose bits j·2²³/L is taken, so that n·2²³/L may be added to them.
    /// </summary>
    static abstract V PowerOfRoot(V roots, V n);

    /// <summary>Loads whole numbers and converts them to floats.</summary>
    static abstract V LoadInt32(int* source);

    /// <summary>Whole numbers, none too large for it, as the bits of 32-bit integers.</summary>
    static abstract V ToInt32(V value);

    /// <summary>Loads <see cref="Lanes"/> bytes and converts them to floats.</summary>
    static abstract V LoadBytes(byte* source);
}
