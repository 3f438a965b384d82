namespace Payments.Gateways.Settlement;

/// <summary>Watches a file while it is read: that it is text at all, is not too long, and how it ends.</summary>
internal sealed class WatchedStream(Stream file, long limit) : Stream
{
    private long length;
    private bool ended;
    private byte last = (byte)'\n';

    public long Limit => limit;

    /// <summary>It was read to its end, which is no end of a line.</summary>
    public bool IsCutOff => ended && last != (byte)'\n';

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => length; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        // Filled as far as it goes, so that the first bytes are there to be judged.
        var read = file.ReadAtLeast(buffer, Math.Min(buffer.Length, 4), throwOnEndOfStream: false);
        if (length == 0)
        {
            Judge(buffer[..read]);
        }

        if (buffer[..read].Contains((byte)0))
        {
            throw new OtherKindException("the file is no text in UTF-8.");
        }

        length += read;
        if (length > limit)
        {
            throw new TooLongException();
        }

        ended |= read == 0 && buffer.Length > 0;
        last = read > 0 ? buffer[read - 1] : last;
        return read;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static void Judge(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith<byte>([0x1f, 0x8b]) || start.StartsWith("PK"u8) || start.StartsWith("BZh"u8) || start.StartsWith<byte>([0x28, 0xb5, 0x2f, 0xfd]))
        {
            throw new OtherKindException("the file is compressed: unpack it first.");
        }

        if (start.StartsWith<byte>([0xff, 0xfe]) || start.StartsWith<byte>([0xfe, 0xff]))
        {
            throw new OtherKindException("the file is in UTF-16, and must be in UTF-8: a spreadsheet has saved it. Take the processor's own.");
        }

        if (start.StartsWith<byte>([0xef, 0xbb, 0xbf]))
        {
            throw new OtherKindException("the file begins with a byte order mark: a spreadsheet has saved it, and may have changed its numbers. Take the processor's own.");
        }
    }

    /// <summary>The file is longer than it may be.</summary>
    internal sealed class TooLongException : Exception;

    /// <summary>The file is something else than text in UTF-8.</summary>
    internal sealed class OtherKindException(string message) : Exception(message);
}
