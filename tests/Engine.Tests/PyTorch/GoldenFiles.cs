using CnnEngine.Serialization;

namespace CnnEngine.Tests.PyTorch;

/// <summary>The tensors of one case, as the files beside this one hold them.</summary>
internal sealed class Golden(string name)
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    public string Name { get; } = name;

    public IEnumerable<string> Tensors => _tensors.Keys;

    public Tensor this[string tensor] =>
        _tensors.TryGetValue(tensor, out Tensor value) ? value : throw new KeyNotFoundException($"{Name} has no tensor \"{tensor}\"");

    public bool Has(string tensor) => _tensors.ContainsKey(tensor);

    public void Add(string tensor, Tensor value) => _tensors.Add(tensor, value);
}

/// <summary>All cases of all files that <c>make.py</c> has written. A tensor's name in a file is <c>operation/case/tensor</c>.</summary>
internal static class GoldenFiles
{
    private static readonly Lazy<Dictionary<string, Golden>> Goldens = new(ReadAll);

    public static IReadOnlyDictionary<string, Golden> All => Goldens.Value;

    private static Dictionary<string, Golden> ReadAll()
    {
        Dictionary<string, Golden> all = [];
        foreach (string path in Directory.GetFiles(Repository.PathOf("tests/Engine.Tests/PyTorch"), "*.safetensors").Order(StringComparer.Ordinal))
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (SafetensorsEntry entry in file.Entries)
            {
                int cut = entry.Name.LastIndexOf('/');
                string name = entry.Name[..cut];
                Tensor tensor = Tensor.Zeros(entry.Shape);
                file.ReadInto(entry.Name, tensor);
                if (!all.TryGetValue(name, out Golden? golden)) all.Add(name, golden = new Golden(name));
                golden.Add(entry.Name[(cut + 1)..], tensor);
            }
        }
        return all;
    }
}
