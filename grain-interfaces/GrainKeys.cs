using Payments.Domain;

namespace Payments.Grains;

/// <summary>How grains are addressed. Every key starts with a letter that is no hex digit, because some storage providers read keys as hex numbers.</summary>
public static class GrainKeys
{
    /// <summary><c>mer_…/pay_…</c>: the tenant is part of the key.</summary>
    public static string Payment(string merchantId, Guid paymentId) => $"{merchantId}/{Ids.Format(Ids.PaymentPrefix, paymentId)}";

    /// <summary>Reads a payment's key.</summary>
    /// <exception cref="FormatException">The key is none.</exception>
    public static (string MerchantId, Guid PaymentId) ParsePayment(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Ids.TryParse(Ids.PaymentPrefix, key[(slash + 1)..], out var paymentId)
            ? (key[..slash], paymentId)
            : throw new FormatException($"'{key}' is no key of a payment.");
    }

    /// <summary><c>ledger/merchant:mer_…:balance:EUR</c>.</summary>
    public static string LedgerAccount(string accountId) => $"ledger/{accountId}";

    /// <summary>Reads a ledger account's key.</summary>
    public static string ParseLedgerAccount(string key) => key["ledger/".Length..];

    /// <summary><c>mer_…/je_…</c>: the tenant is part of the key.</summary>
    public static string LedgerEntry(string merchantId, Guid entryId) => $"{merchantId}/{Ids.Format(Ids.EntryPrefix, entryId)}";

    /// <summary>Reads a ledger entry's key.</summary>
    /// <exception cref="FormatException">The key is none.</exception>
    public static (string MerchantId, Guid EntryId) ParseLedgerEntry(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Ids.TryParse(Ids.EntryPrefix, key[(slash + 1)..], out var entryId)
            ? (key[..slash], entryId)
            : throw new FormatException($"'{key}' is no key of a ledger entry.");
    }

    /// <summary>How many inbox grains share the work.</summary>
    public const int InboxShards = 4;

    /// <summary><c>inbox/3</c>.</summary>
    public static string Inbox(int shard) => $"inbox/{shard}";

    /// <summary>The inbox grain that a piece of evidence is given to first.</summary>
    public static string InboxOf(string eventId) => Inbox(eventId.Sum(letter => letter) % InboxShards);

    /// <summary><c>gateway/stripe</c>.</summary>
    public static string GatewayWatch(string gateway) => $"gateway/{gateway}";

    /// <summary><c>reconciliation/stripe</c>.</summary>
    public static string Reconciliation(string gateway) => $"reconciliation/{gateway}";

    /// <summary><c>settlement/stripe</c>.</summary>
    public static string SettlementImport(string gateway) => $"settlement/{gateway}";

    /// <summary><c>mer_…/rep_…</c>, or <c>platform/rep_…</c>: the owner is part of the key.</summary>
    /// <param name="merchantId">Null for the platform's.</param>
    public static string Report(string? merchantId, Guid reportId) => $"{merchantId ?? Platform}/{Ids.Format(Ids.ReportPrefix, reportId)}";

    /// <summary>Reads a report's key.</summary>
    /// <exception cref="FormatException">The key is none.</exception>
    public static (string? MerchantId, Guid ReportId) ParseReport(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Ids.TryParse(Ids.ReportPrefix, key[(slash + 1)..], out var reportId)
            ? (key[..slash] == Platform ? null : key[..slash], reportId)
            : throw new FormatException($"'{key}' is no key of a report.");
    }

    /// <summary>The one grain that looks for reports to go on with.</summary>
    public const string ReportWatch = "reports";

    private const string Platform = "platform";

    /// <summary><c>mer_…/po_…</c>: the tenant is part of the key.</summary>
    public static string Payout(string merchantId, Guid payoutId) => $"{merchantId}/{Ids.Format(Ids.PayoutPrefix, payoutId)}";

    /// <summary>Reads a payout's key.</summary>
    /// <exception cref="FormatException">The key is none.</exception>
    public static (string MerchantId, Guid PayoutId) ParsePayout(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Ids.TryParse(Ids.PayoutPrefix, key[(slash + 1)..], out var payoutId)
            ? (key[..slash], payoutId)
            : throw new FormatException($"'{key}' is no key of a payout.");
    }

    /// <summary><c>payouts/3</c>.</summary>
    public static string PayoutSchedule(int shard) => $"payouts/{shard}";

    /// <summary><c>recovery/3</c>.</summary>
    public static string Recovery(int shard) => $"recovery/{shard}";
}
