using System.Buffers;
using System.Buffers.Binary;

namespace Payments.GatewaySimulator.Record;

/// <summary>One record in the file: length (4 bytes), CRC-32C of the payload (4 bytes), payload; numbers are little-endian.</summary>
internal static class Frame
{
    public const int HeaderLength = 8;
    public const int MaxPayload = 8 * 1024;

    public static int Write(IBufferWriter<byte> target, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxPayload);
        var length = HeaderLength + payload.Length;
        var frame = target.GetSpan(length);
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Crc32C.Of(payload));
        payload.CopyTo(frame[HeaderLength..]);
        target.Advance(length);
        return length;
    }

    /// <summary>False when the bytes do not begin with a whole, unharmed frame.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (bytes.Length < HeaderLength)
        {
            return false;
        }

        // A file system may leave zeros where a write was torn, and zero is the checksum of nothing: an empty payload is no frame.
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        if (length is <= 0 or > MaxPayload || bytes.Length < HeaderLength + length)
        {
            return false;
        }

        payload = bytes.Slice(HeaderLength, length);
        return Crc32C.Of(payload.Span) == BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[4..]);
    }
}
