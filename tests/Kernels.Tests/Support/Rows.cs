namespace CnnEngine.Kernels.Tests;

/// <summary>The rows of a theory, from a query that yields tuples.</summary>
internal static class Rows
{
    public static TheoryData<T1, T2> Of<T1, T2>(IEnumerable<(T1, T2)> rows)
    {
        TheoryData<T1, T2> data = [];
        foreach ((T1 first, T2 second) in rows) data.Add(first, second);
        return data;
    }

    public static TheoryData<T1, T2, T3> Of<T1, T2, T3>(IEnumerable<(T1, T2, T3)> rows)
    {
        TheoryData<T1, T2, T3> data = [];
        foreach ((T1 first, T2 second, T3 third) in rows) data.Add(first, second, third);
        return data;
    }
}
