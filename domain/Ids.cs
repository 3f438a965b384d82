using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Payments.Domain;

/// <summary>
/// How things are named. An id that a client's idempotency key leads to is a function of that key, so that a retry finds the same actor
/// wherever and whenever it arrives. No key table, no expiry.
/// </summary>
public static class Ids
{
    public const string MerchantPrefix = "mer";
    public const string PaymentPrefix = "pay";
    public const string RefundPrefix = "re";
    public const string CapturePrefix = "cap";
    public const string CancellationPrefix = "can";
    public const string OperationPrefix = "op";
    public const string KeyPrefix = "key";
    public const string EntryPrefix = "je";
    public const string DisputePrefix = "dp";
    public const string DecisionPrefix = "dec";
    public const string BreakPrefix = "brk";
    public const string ReportPrefix = "rep";
    public const string PayoutPrefix = "po";

    /// <summary>The longest idempotency key, in characters (printable ASCII).</summary>
    public const int MaxIdempotencyKey = 255;

    /// <summary>The payment that a merchant's key names: first 128 bits of HMAC-SHA256 under the merchant's salt.</summary>
    public static Guid Payment(ReadOnlySpan<byte> merchantSalt, Mode mode, string idempotencyKey) =>
        Derive(merchantSalt, "payment", mode.Name(), "", idempotencyKey);

    /// <summary>The refund that a merchant's key names inside one payment.</summary>
    public static Guid Refund(ReadOnlySpan<byte> merchantSalt, Mode mode, Guid paymentId, string idempotencyKey) =>
        Operation(merchantSalt, "refund", mode, paymentId, idempotencyKey);

    /// <summary>The capture that a merchant's key names inside one payment.</summary>
    public static Guid Capture(ReadOnlySpan<byte> merchantSalt, Mode mode, Guid paymentId, string idempotencyKey) =>
        Operation(merchantSalt, "capture", mode, paymentId, idempotencyKey);

    /// <summary>The cancellation that a merchant's key names inside one payment.</summary>
    public static Guid Cancellation(ReadOnlySpan<byte> merchantSalt, Mode mode, Guid paymentId, string idempotencyKey) =>
        Operation(merchantSalt, "cancel", mode, paymentId, idempotencyKey);

    /// <summary>The journal entry of its own that a merchant's key names.</summary>
    public static Guid OwnEntry(ReadOnlySpan<byte> merchantSalt, Mode mode, string idempotencyKey) =>
        Derive(merchantSalt, "own_entry", mode.Name(), "", idempotencyKey);

    /// <summary>The reversal of an entry that a merchant's key names.</summary>
    public static Guid Reversal(ReadOnlySpan<byte> merchantSalt, Mode mode, Guid entryId, string idempotencyKey) =>
        Operation(merchantSalt, "reversal", mode, entryId, idempotencyKey);

    /// <summary>The report that a merchant's key names.</summary>
    public static Guid Report(ReadOnlySpan<byte> merchantSalt, Mode mode, string idempotencyKey) =>
        Derive(merchantSalt, "report", mode.Name(), "", idempotencyKey);

    /// <summary>The payout that a merchant's key names.</summary>
    public static Guid Payout(ReadOnlySpan<byte> merchantSalt, Mode mode, string idempotencyKey) =>
        Derive(merchantSalt, "payout", mode.Name(), "", idempotencyKey);

    /// <summary>The payout that a schedule makes on a day (UTC): at most one, however often the day is looked at.</summary>
    public static Guid ScheduledPayout(ReadOnlySpan<byte> merchantSalt, Currency currency, DateOnly day) =>
        Derive(merchantSalt, "scheduled_payout", currency.Code, $"{day:yyyy-MM-dd}");

    /// <summary>What an operator's key names: a merchant, an API key, a report, under the platform's secret.</summary>
    public static Guid OfOperator(ReadOnlySpan<byte> platformSecret, string kind, string idempotencyKey) =>
        Derive(platformSecret, "operator", kind, idempotencyKey);

    /// <summary>The charge or authorization of a payment: exactly one, so its id needs nothing but the payment's.</summary>
    public static Guid Charge(Guid paymentId) => Derive([], "charge", paymentId.ToString("N"));

    /// <summary>The void by which a payment lets go of an authorization that the processor lets go of: at most one.</summary>
    public static Guid Expiry(Guid paymentId) => Derive([], "expiry", paymentId.ToString("N"));

    /// <summary>A dispute of a payment, by the processor's own id of it: told twice, it is one.</summary>
    public static Guid Dispute(Guid paymentId, string gateway, string disputeReference) => Derive([], "dispute", paymentId.ToString("N"), gateway, disputeReference);

    /// <summary>The end of a dispute: at most one.</summary>
    public static Guid DisputeEnd(Guid disputeId) => Derive([], "dispute_end", disputeId.ToString("N"));

    /// <summary>The notice that a refund came back: at most one.</summary>
    public static Guid RefundFailure(Guid refundId) => Derive([], "refund_failure", refundId.ToString("N"));

    /// <summary>The journal entry that one step of one operation makes: a second try of the step meets the first one's primary key.</summary>
    public static Guid Entry(Guid operationId, EntryKind kind) => Derive([], "entry", operationId.ToString("N"), kind.Name());

    /// <summary>The entry that posts what a settlement file settles in one currency.</summary>
    /// <param name="digest">SHA-256 of the file.</param>
    public static Guid SettlementEntry(string gateway, ReadOnlySpan<byte> digest, Currency currency) =>
        Derive([], "settlement", gateway, Convert.ToHexString(digest), currency.Code);

    /// <summary>A break that a line of a settlement file made.</summary>
    public static Guid Break(string gateway, ReadOnlySpan<byte> digest, int line, BreakKind kind) =>
        Derive([], "break", gateway, Convert.ToHexString(digest), $"{line}", kind.Name());

    /// <summary>The break of an operation that no file told of.</summary>
    public static Guid MissingAtProcessor(Guid operationId) => Derive([], "missing_at_processor", operationId.ToString("N"));

    /// <summary>The entry that resolves a break, in one currency.</summary>
    public static Guid BreakResolution(Guid breakId, Currency currency) => Derive([], "break_resolution", breakId.ToString("N"), currency.Code);

    /// <summary>What the processor sees as reference of an operation, and its idempotency key: the same for every send.</summary>
    public static string ProcessorReference(Guid operationId) => Format(OperationPrefix, operationId);

    /// <summary><c>pay_</c> and 26 letters.</summary>
    public static string Format(string prefix, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return $"{prefix}_{Base32.Encode(bytes)}";
    }

    /// <summary>Reads what <see cref="Format"/> wrote; anything else is no id.</summary>
    public static bool TryParse(string prefix, string? text, out Guid id)
    {
        id = default;
        if (text is null || text.Length != prefix.Length + 27 || !text.StartsWith(prefix, StringComparison.Ordinal) || text[prefix.Length] != '_')
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        if (!Base32.TryDecode(text.AsSpan(prefix.Length + 1), bytes))
        {
            return false;
        }

        id = new Guid(bytes, bigEndian: true);
        return true;
    }

    private static Guid Operation(ReadOnlySpan<byte> merchantSalt, string kind, Mode mode, Guid paymentId, string idempotencyKey) =>
        Derive(merchantSalt, kind, mode.Name(), paymentId.ToString("N"), idempotencyKey);

    // Length prefixes keep ("ab", "c") and ("a", "bc") apart.
    private static Guid Derive(ReadOnlySpan<byte> key, params ReadOnlySpan<string> parts)
    {
        using var message = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            message.Write(length);
            message.Write(bytes);
        }

        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(key, message.GetBuffer().AsSpan(0, checked((int)message.Length)), hash);
        return new Guid(hash[..16], bigEndian: true);
    }
}
