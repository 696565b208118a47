namespace CnnEngine.Graphs;

/// <summary>
/// Places buffers in one block so that two overlap only if they are never needed at the same moment. Greedy by size: the largest
/// first, each at the lowest place where it fits (Y. Pisarchyk, J. Lee, "Efficient Memory Management for Deep Neural Net
/// Inference", 2020).
/// </summary>
internal static class MemoryPlanner
{
    /// <summary>Sets every buffer's offset for passes of <paramref name="images"/> images.</summary>
    /// <returns>The floats that the whole takes.</returns>
    public static long Place(IEnumerable<Buffer> buffers, int images)
    {
        List<(Buffer Buffer, long First, long End)> placed = []; // in the order of their places
        long total = 0;
        // Ties in the order of use, so that the plan is the same every time.
        foreach (Buffer buffer in buffers.OrderByDescending(b => b.Floats(images)).ThenBy(b => b.Start))
        {
            long size = (buffer.Floats(images) + AlignedMemory.Alignment - 1) / AlignedMemory.Alignment * AlignedMemory.Alignment;
            long first = 0;
            foreach ((Buffer other, long otherFirst, long otherEnd) in placed)
            {
                if (other.End < buffer.Start || buffer.End < other.Start) continue;
                if (first + size <= otherFirst) break;
                first = Math.Max(first, otherEnd);
            }
            if (first + size > Array.MaxLength)
                throw new ArgumentException($"the network's buffers for {images} images take more than {Array.MaxLength} floats; choose a smaller batch");
            buffer.Offset = (int)first;
            int next = placed.FindIndex(other => other.First > first);
            placed.Insert(next < 0 ? placed.Count : next, (buffer, first, first + size));
            total = Math.Max(total, first + size);
        }
        return total;
    }
}
