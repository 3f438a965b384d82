using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Payments.Storage;

/// <summary>
/// The hash chain over the books: SHA-256 over the previous hash and everything that a batch wrote, in order. Whoever changes, adds or
/// removes a row of the past must rewrite every later batch, and the signed checkpoints show that.
/// </summary>
/// <remarks>Encoding: strings as UTF-8 behind a 32-bit length (-1 for none), numbers as 64-bit big endian, times as microseconds since
/// 1970-01-01 UTC, ids as their 16 bytes. Within a batch: commit by commit in order of position, its audit row, then its entry.</remarks>
public sealed class BookChain : IDisposable
{
    /// <summary>The previous hash of a chain's first batch.</summary>
    public static readonly byte[] Genesis = new byte[32];

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    // What is to be hashed is gathered: a call for each field would cost more than the hashing.
    private byte[] gathered = new byte[4096];
    private int length;

    /// <summary>The hash of a batch that follows <paramref name="previous"/>.</summary>
    public static byte[] Seal(byte[] previous, long writer, long n, JudgedBatch batch)
    {
        using var chain = new BookChain();
        chain.Begin(previous, writer, n);
        foreach (var write in batch.Writes)
        {
            if (write.Commit is { Payment: { } payment, Operation: { } operation } commit)
            {
                chain.Audit(new(
                    payment.MerchantId, payment.Id, payment.Version, commit.At, commit.Action, payment.Status,
                    operation.Id, operation.Status, operation.Attempt, operation.AttemptKind, operation.Answer, operation.Code,
                    operation.Amount, payment.Currency));
            }

            if (write.Commit.Payout is { } payout)
            {
                chain.Audit(new(
                    payout.MerchantId, payout.Id, payout.Version, write.Commit.At, write.Commit.Action, payout.Status, payout.Id, payout.Status, payout.Attempt,
                    payout.AttemptKind, payout.Answer, payout.Code, payout.Amount, payout.Currency));
            }

            if (write.Commit.Entry is { } entry)
            {
                chain.Entry(entry.Id, entry.Kind, entry.MerchantId, entry.PaymentId, entry.OperationId, write.PostedAt);
                if (entry.Own is { } own)
                {
                    chain.Own(own.Fingerprint, own.Reverses);
                }

                if (write.EffectiveAt is { } effectiveAt)
                {
                    chain.Effective(effectiveAt);
                }

                foreach (var posting in write.Postings)
                {
                    chain.Posting(posting.Account.Id, posting.Seq, posting.Amount, posting.BalanceAfter);
                }
            }
        }

        return chain.End();
    }

    /// <summary>Starts a batch.</summary>
    public void Begin(ReadOnlySpan<byte> previous, long writer, long n)
    {
        previous.CopyTo(Next(previous.Length));
        Add(writer);
        Add(n);
    }

    /// <summary>Adds an audit row.</summary>
    public void Audit(ChainedAudit row)
    {
        Add("audit");
        Add(row.MerchantId);
        Add(row.PaymentId);
        Add(row.Version);
        Add(row.At);
        Add(row.Action);
        Add(row.Status);
        Add(row.OperationId);
        Add(row.OperationStatus);
        Add(row.Attempt);
        Add(row.AttemptKind);
        Add(row.Answer);
        Add(row.Code);
        Add(row.Amount);
        Add(row.Currency);
    }

    /// <summary>Adds an entry; its postings follow, in order of their lines.</summary>
    public void Entry(Guid id, string kind, string merchantId, Guid? paymentId, Guid? operationId, DateTimeOffset postedAt)
    {
        Add("entry");
        Add(id);
        Add(kind);
        Add(merchantId);
        Add(paymentId ?? Guid.Empty);
        Add(operationId ?? Guid.Empty);
        Add(postedAt);
    }

    /// <summary>Adds what a merchant's own entry carries. Its texts are in the fingerprint only, so that they can be erased.</summary>
    public void Own(string fingerprint, Guid? reverses)
    {
        Add("own");
        Add(fingerprint);
        Add(reverses ?? Guid.Empty);
    }

    /// <summary>Adds when the latest entry's event happened, where that is not when it was posted.</summary>
    public void Effective(DateTimeOffset at)
    {
        Add("effective");
        Add(at);
    }

    /// <summary>Adds a line of the latest entry.</summary>
    public void Posting(string accountId, long seq, long amount, long balanceAfter)
    {
        Add("posting");
        Add(accountId);
        Add(seq);
        Add(amount);
        Add(balanceAfter);
    }

    /// <summary>The batch's hash; the next <see cref="Begin"/> starts another.</summary>
    public byte[] End()
    {
        Flush();
        return hash.GetHashAndReset();
    }

    public void Dispose() => hash.Dispose();

    private void Add(string? text)
    {
        var bytes = text is null ? -1 : Encoding.UTF8.GetByteCount(text);
        BinaryPrimitives.WriteInt32BigEndian(Next(4), bytes);
        if (text is not null)
        {
            Encoding.UTF8.GetBytes(text, Next(bytes));
        }
    }

    private void Add(long number) => BinaryPrimitives.WriteInt64BigEndian(Next(8), number);

    private void Add(Guid id) => id.TryWriteBytes(Next(16), bigEndian: true, out _);

    private void Add(DateTimeOffset time) => Add((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    private Span<byte> Next(int bytes)
    {
        if (gathered.Length - length < bytes)
        {
            Flush();
            gathered = bytes > gathered.Length ? new byte[bytes] : gathered;
        }

        length += bytes;
        return gathered.AsSpan(length - bytes, bytes);
    }

    private void Flush()
    {
        hash.AppendData(gathered.AsSpan(0, length));
        length = 0;
    }
}

/// <summary>The columns of an audit row that the chain covers.</summary>
public sealed record ChainedAudit(
    string MerchantId, Guid PaymentId, long Version, DateTimeOffset At, string Action, string Status,
    Guid OperationId, string OperationStatus, int Attempt, string AttemptKind, string? Answer, string? Code, long Amount, string Currency);
