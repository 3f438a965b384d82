namespace Payments.Storage.Postgres.Auditing;

/// <summary>The files of reports are whole.</summary>
internal static class ReportRules
{
    public static readonly SqlRule[] All =
    [
        new("reports", "files of reports", "every report that succeeded has all pieces of its file, and no other report has any", "payments.reports", """
            SELECT format('Report {rep:%s} is %s, and its file of %s bytes has %s in %s pieces up to number %s.', r.id, r.status, coalesce(r.bytes, 0), coalesce(c.bytes, 0), coalesce(c.pieces, 0), c.last)
            FROM payments.reports r
            LEFT JOIN (SELECT report_id, sum(length(data)) AS bytes, count(*) AS pieces, max(n) AS last, min(attempt) AS first_attempt, max(attempt) AS last_attempt
                       FROM payments.report_chunks GROUP BY report_id) c ON c.report_id = r.id
            WHERE CASE r.status
                WHEN 'succeeded' THEN coalesce(c.bytes, 0) <> r.bytes OR c.pieces <> c.last + 1 OR c.first_attempt <> r.attempt OR c.last_attempt <> r.attempt
                WHEN 'running' THEN false
                ELSE c.report_id IS NOT NULL END
            """),
    ];
}
