using System.Net;
using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

/// <summary>Answers requests without a network.</summary>
internal sealed class FakeServer(Func<Uri, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public static HttpResponseMessage Answer(byte[] content) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(content) };

    public static HttpResponseMessage Answer(HttpStatusCode status) => new(status);

    /// <summary>Sends a few bytes, then does something else instead of going on.</summary>
    public static HttpResponseMessage Answer(byte[] beginning, Func<CancellationToken, Task<int>> then) =>
        new(HttpStatusCode.OK) { Content = new StreamContent(new InterruptedStream(beginning, then)) };

    public static MnistFile Describe(string name, byte[] content) => new(name, content.Length, Idx.Sha256(content));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        answer(request.RequestUri!, cancellationToken);

    private sealed class InterruptedStream(byte[] beginning, Func<CancellationToken, Task<int>> then) : Stream
    {
        private bool _begun;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_begun) return await then(cancellationToken);
            _begun = true;
            beginning.CopyTo(buffer);
            return beginning.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
