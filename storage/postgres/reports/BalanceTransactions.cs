using System.Collections.Immutable;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>
/// What reports about merchants' balances share: one row is one posting to an account, with the operation and the payment that it is for. Names of columns
/// are those of Stripe's reports wherever there is a counterpart. Gross is what the operation moved, net what the balance grew by, and the fee lies between.
/// </summary>
internal static class BalanceTransactions
{
    /// <summary>Merchants' balances.</summary>
    public const string Balances = "(a.merchant_id IS NOT NULL AND split_part(a.id, ':', 3) = 'balance')";

    /// <summary>Balances, and the platform's fees: where a fee took all of a payment, nothing is posted to the balance.</summary>
    public const string BalancesAndFees = $"({Balances} OR a.id LIKE 'platform:fees:%' OR a.id LIKE 'platform:test_fees:%')";

    /// <summary>What a posting is about.</summary>
    public const string Described = """
        JOIN accounts a ON a.no = p.account_no
        JOIN journal_entries e ON e.id = p.entry_id
        LEFT JOIN operations o ON o.merchant_id = e.merchant_id AND o.payment_id = e.payment_id AND o.id = e.operation_id
        LEFT JOIN payments y ON y.merchant_id = e.merchant_id AND y.id = e.payment_id
        """;

    public const string Postings = $"""
        FROM postings p
        {Described}
        WHERE p.account_no = $2 AND p.seq > $3 AND p.seq <= $4 AND ($1::text IS NULL OR e.merchant_id = $1)
        """;

    /// <summary>Of an entry that touches a balance and the fees, only the balance's posting. Written so that there is no other way than to look entry by entry.</summary>
    public const string OncePerEntry = """
        AND (a.merchant_id IS NOT NULL OR (
            SELECT b.seq FROM postings b
            WHERE b.entry_id = p.entry_id AND b.posted_at = p.posted_at AND (SELECT c.merchant_id IS NOT NULL AND split_part(c.id, ':', 3) = 'balance' FROM accounts c WHERE c.no = b.account_no)
            LIMIT 1) IS NULL)
        """;

    public const string Order = "ORDER BY p.seq";

    public const string Net = "(CASE WHEN a.merchant_id IS NULL THEN 0 ELSE -p.amount END)";

    public const string Gross = $"""
        (CASE e.kind WHEN 'charge' THEN o.amount WHEN 'capture' THEN o.amount WHEN 'refund_reserve' THEN -o.amount WHEN 'refund_settle' THEN 0
            WHEN 'refund_return' THEN o.amount WHEN 'refund_failure' THEN o.amount WHEN 'dispute_open' THEN -o.amount WHEN 'dispute_won' THEN o.amount
            ELSE {Net} END)
        """;

    public const string Fee = $"({Gross} - {Net})";

    /// <summary>A fee that goes back with a refund is a category of its own: it moves the balance apart from the refund.</summary>
    public const string Category = """
        (CASE e.kind WHEN 'charge' THEN 'charge' WHEN 'capture' THEN 'charge' WHEN 'refund_reserve' THEN 'refund' WHEN 'refund_settle' THEN 'fee'
            WHEN 'refund_return' THEN 'refund_failure' WHEN 'refund_failure' THEN 'refund_failure' WHEN 'dispute_open' THEN 'dispute'
            WHEN 'dispute_won' THEN 'dispute_reversal' WHEN 'dispute_lost' THEN 'dispute_lost' ELSE e.kind END)
        """;

    // Notices are about something that has an id of its own.
    private const string Source = """
        (CASE WHEN o.kind = 'refund' THEN 're ' || o.id WHEN o.kind = 'capture' THEN 'cap ' || o.id WHEN o.kind = 'refund_failure' THEN 're ' || o.about
            WHEN o.kind = 'dispute' THEN 'dp ' || o.id WHEN o.kind IN ('dispute_won', 'dispute_lost') THEN 'dp ' || o.about
            WHEN o.id IS NOT NULL THEN 'op ' || o.id WHEN e.kind LIKE 'payout%' THEN 'po ' || e.operation_id ELSE 'je ' || e.id END)
        """;

    public static readonly ReportColumn Id = new("balance_transaction_id", ColumnKind.Id, "'je ' || e.id");
    public static readonly ReportColumn Merchant = new("merchant", ColumnKind.Word, "e.merchant_id");
    public static readonly ReportColumn CreatedUtc = new("created_utc", ColumnKind.Time, "e.posted_at");

    public static readonly ImmutableArray<ReportColumn> Identity =
    [
        Id, Merchant, CreatedUtc,
        // There is one time zone, and what is posted to the balance may be paid out at once.
        new("created", ColumnKind.Time, "e.posted_at"), new("available_on_utc", ColumnKind.Time, "e.posted_at"), new("available_on", ColumnKind.Time, "e.posted_at"),
        new("currency", ColumnKind.Word, "p.currency"),
    ];

    public static readonly ImmutableArray<ReportColumn> Amounts =
    [
        new("gross", ColumnKind.Money, Gross), new("fee", ColumnKind.Money, Fee), new("net", ColumnKind.Money, Net), new("reporting_category", ColumnKind.Word, Category),
    ];

    public static readonly ImmutableArray<ReportColumn> Origin =
    [
        new("source_id", ColumnKind.Id, Source), new("description", ColumnKind.Text, "coalesce(o.reason, y.description)"),
        new("customer_facing_amount", ColumnKind.Money, Gross), new("customer_facing_currency", ColumnKind.Word, "p.currency"),
        new("charge_id", ColumnKind.Id, "CASE WHEN o.kind IN ('charge', 'capture') THEN 'op ' || o.id END"),
        new("payment_intent_id", ColumnKind.Id, "'pay ' || e.payment_id"), new("reference", ColumnKind.Text, "y.reference"), new("customer", ColumnKind.Text, "y.customer"),
        new("gateway", ColumnKind.Word, "y.gateway"), new("processor_reference", ColumnKind.Text, "o.processor_reference"),
    ];

    public static readonly ImmutableArray<(string Name, string Sql)> Metadata =
        [("payment_metadata", "y.metadata"), ("refund_metadata", "(CASE WHEN o.kind = 'refund' THEN o.metadata END)")];
}
