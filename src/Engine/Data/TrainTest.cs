namespace CnnEngine.Data;

/// <summary>A dataset in its two parts: images to learn from, and images that were never learnt from to test on.</summary>
/// <param name="Train">The images to train with.</param>
/// <param name="Test">The images to test with; same shape, classes and normalisation.</param>
public sealed record TrainTest(ByteImages Train, ByteImages Test);
