namespace CnnEngine.Kernels;

/// <summary>Checks of arguments that say what is wrong and what would be right.</summary>
internal static class Require
{
    public static void Length(int length, long needed, string name)
    {
        if (length < needed) throw new ArgumentException($"{name} holds {length} numbers; this shape needs {needed}", name);
    }
}
