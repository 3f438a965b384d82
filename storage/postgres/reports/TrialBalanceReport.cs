namespace Payments.Storage.Postgres.Reporting;

/// <summary>All lines of the books at the end of the interval, live and test apart: debits equal credits in every currency and mode.</summary>
internal static class TrialBalanceReport
{
    public static readonly ReportDefinition Definition = new()
    {
        Name = "trial_balance",
        IsForMerchants = false,
        Columns =
        [
            new("mode", ColumnKind.Word, "t.mode"), new("account", ColumnKind.Word, "t.account"), new("currency", ColumnKind.Word, "t.currency"),
            new("debits", ColumnKind.Sum, "t.debits::text"), new("credits", ColumnKind.Sum, "t.credits::text"),
        ],
        // As Books has it: an account counts from its first posting on, and a processor's account is of the mode of whoever posted to it first.
        Rows = """
            FROM (
                SELECT l.mode, l.account, l.currency, sum(greatest(l.balance, 0)) AS debits, sum(greatest(-l.balance, 0)) AS credits
                FROM (
                    SELECT regexp_replace(regexp_replace(a.id, ':[A-Z]+$', ''), '^merchant:[^:]+:', 'merchant:*:') COLLATE "C" AS account, a.currency COLLATE "C" AS currency,
                        balance_behind(a.no, p.seq) AS balance, coalesce(
                            (SELECT m.mode FROM merchants m WHERE m.id = a.merchant_id),
                            (SELECT m.mode FROM journal_entries e JOIN merchants m ON m.id = e.merchant_id WHERE e.id = first_entry(a.no))) COLLATE "C" AS mode
                    FROM accounts a JOIN LATERAL (SELECT posted_until(a.no, a.seq, $3) AS seq OFFSET 0) p ON p.seq > 0
                    WHERE $1::text IS NULL AND ($4::text IS NULL OR a.currency = $4)) l
                GROUP BY l.mode, l.account, l.currency) t
            ORDER BY t.currency, t.mode, t.account
            """,
        Currency = "t.currency",
    };
}
