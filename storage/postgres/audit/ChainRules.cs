namespace Payments.Storage.Postgres.Auditing;

/// <summary>The part of the hash chain that needs no hashing.</summary>
internal static class ChainRules
{
    public static readonly SqlRule[] All =
    [
        new("chain", "batches and seals", "every batch is sealed, by a writer that was registered", "batch", """
            SELECT format('Batch %s of writer %s %s.', coalesce(b.n, s.n), coalesce(b.writer, s.writer), CASE
                WHEN s.n IS NULL THEN 'has no seal' WHEN b.n IS NULL THEN 'has a seal and no row of its own' ELSE 'has a writer that nobody registered' END)
            FROM batch b
            FULL JOIN seal s ON s.writer = b.writer AND s.n = b.n
            LEFT JOIN payments.ledger_writers w ON w.no = coalesce(b.writer, s.writer)
            WHERE b.n IS NULL OR s.n IS NULL OR w.no IS NULL
            """),
        new("chain", "batches' times", "what a batch wrote lies where its time says", "seal", """
            SELECT format('Version %s of %s was written at %s, and its batch (%s of writer %s) at %s.', a.version, a.id, a.written_at, a.batch, a.writer, s.sealed_at)
            FROM (SELECT format('payment {pay:%s}', payment_id) AS id, version, writer, batch, written_at FROM later_audit
                  UNION ALL SELECT format('payout {po:%s}', payout_id), version, writer, batch, written_at FROM later_payout_audit) a
            JOIN seal s ON s.writer = a.writer AND s.n = a.batch
            WHERE a.written_at <> s.sealed_at
            """),
    ];
}
