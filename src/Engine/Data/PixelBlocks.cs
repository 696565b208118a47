namespace CnnEngine.Data;

/// <summary>The bytes of many images of one shape: in blocks, since one array holds no more than 2³¹ bytes.</summary>
internal sealed class PixelBlocks
{
    private const int BlockLength = 1 << 26;

    private readonly int _imageLength;
    private readonly int _perBlock;
    private readonly byte[][] _blocks;

    public PixelBlocks(int images, int imageLength)
    {
        _imageLength = imageLength;
        _perBlock = Math.Max(1, BlockLength / imageLength);
        _blocks = new byte[(images + _perBlock - 1) / _perBlock][];
        for (int i = 0; i < _blocks.Length; i++)
            _blocks[i] = GC.AllocateUninitializedArray<byte>(Math.Min(_perBlock, images - (i * _perBlock)) * imageLength);
    }

    /// <summary>The bytes of one image, C×H×W.</summary>
    public Span<byte> Of(int image) => _blocks[image / _perBlock].AsSpan(image % _perBlock * _imageLength, _imageLength);

    /// <summary>Closes up what images that are taken out leave.</summary>
    /// <param name="images">Their numbers.</param>
    /// <param name="count">How many images there are before.</param>
    public void Remove(IReadOnlyCollection<int> images, int count)
    {
        HashSet<int> removed = [.. images];
        for (int from = 0, to = 0; from < count; from++)
            if (!removed.Contains(from)) Of(from).CopyTo(Of(to++));
    }
}
