namespace CnnEngine.Serialization;

/// <summary>A tensor and the name it goes by in a file, as <c>conv1.weight</c>.</summary>
/// <param name="Name">Any well-formed text but <c>__metadata__</c>, which the format keeps for itself.</param>
/// <param name="Tensor">The numbers; a view, so that what is read goes straight to the tensor's owner.</param>
public readonly record struct NamedTensor(string Name, Tensor Tensor);
