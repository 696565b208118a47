namespace CnnEngine.Bench.Work;

/// <summary>One pass of one size with its memory, ready to be run over and over.</summary>
internal interface IWork : IDisposable
{
    /// <summary>Computes it once.</summary>
    void Run();
}
