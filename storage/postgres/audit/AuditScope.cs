using Npgsql;
using NpgsqlTypes;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>
/// What the rules look at, as named relations: everything that is here, or what came after a checkpoint. A payment that changed since then is in
/// scope with all of its rows; an entry or a posting only if it is later itself.
/// </summary>
/// <remarks><c>kept</c> says from when on rows of months are here, and whether some have left: a payment may then have lost the beginning of its trail, and no other part of it.
/// How many rows it was, and what accounts came to, is signed (<see cref="ArchiveCheck"/>).
/// Where rules put rows of each group in a line they sort all of them once, in a query inside: an <c>ORDER BY</c> of the aggregate would sort every group by itself, and there are millions.</remarks>
internal sealed class AuditScope
{
    private const string Kept = "WITH kept AS MATERIALIZED (SELECT @kept::timestamptz AS since, @partly AS partly),\n";

    private const string Head = "     head AS MATERIALIZED (SELECT * FROM unnest(@writers, @ns) AS h (writer, n)),\n";

    private const string Everything = """
             payment AS NOT MATERIALIZED (SELECT * FROM payments.payments),
             operation AS NOT MATERIALIZED (SELECT * FROM payments.operations),
             audit AS NOT MATERIALIZED (SELECT * FROM payments.payment_audit),
             event AS NOT MATERIALIZED (SELECT * FROM payments.events),
             payment_entry AS NOT MATERIALIZED (SELECT * FROM payments.journal_entries WHERE payment_id IS NOT NULL),
             entry AS NOT MATERIALIZED (SELECT * FROM payments.journal_entries),
             posting AS NOT MATERIALIZED (SELECT * FROM payments.postings),
             later_audit AS NOT MATERIALIZED (SELECT * FROM payments.payment_audit),
             payout AS NOT MATERIALIZED (SELECT * FROM payments.payouts),
             payout_audit AS NOT MATERIALIZED (SELECT * FROM payments.payout_audit),
             later_payout_audit AS NOT MATERIALIZED (SELECT * FROM payments.payout_audit),
             payout_entry AS NOT MATERIALIZED (SELECT * FROM payments.journal_entries WHERE kind LIKE 'payout%'),
             batch AS NOT MATERIALIZED (SELECT * FROM payments.ledger_batches),
             seal AS NOT MATERIALIZED (SELECT * FROM payments.ledger_seals)

        """;

    private const string Remaining = """
             payment AS NOT MATERIALIZED (SELECT * FROM payments.payments),
             operation AS NOT MATERIALIZED (SELECT * FROM payments.operations),
             audit AS NOT MATERIALIZED (SELECT * FROM payments.payment_audit WHERE written_at >= (SELECT since FROM kept)),
             event AS NOT MATERIALIZED (SELECT * FROM payments.events WHERE written_at >= (SELECT since FROM kept)),
             payment_entry AS NOT MATERIALIZED (SELECT * FROM payments.journal_entries WHERE payment_id IS NOT NULL),
             entry AS NOT MATERIALIZED (SELECT * FROM payments.journal_entries WHERE posted_at >= (SELECT since FROM kept)),
             posting AS NOT MATERIALIZED (SELECT * FROM payments.postings WHERE posted_at >= (SELECT since FROM kept)),
             later_audit AS NOT MATERIALIZED (SELECT * FROM payments.payment_audit WHERE written_at >= (SELECT since FROM kept)),
             payout AS NOT MATERIALIZED (SELECT * FROM payments.payouts),
             payout_audit AS NOT MATERIALIZED (SELECT * FROM payments.payout_audit WHERE written_at >= (SELECT since FROM kept)),
             later_payout_audit AS NOT MATERIALIZED (SELECT * FROM payments.payout_audit WHERE written_at >= (SELECT since FROM kept)),
             payout_entry AS NOT MATERIALIZED (SELECT * FROM payments.journal_entries WHERE kind LIKE 'payout%'),
             batch AS NOT MATERIALIZED (
                 SELECT b.* FROM payments.ledger_batches b LEFT JOIN head h ON h.writer = b.writer WHERE b.n > coalesce(h.n, 0)),
             seal AS NOT MATERIALIZED (
                 SELECT s.* FROM payments.ledger_seals s LEFT JOIN head h ON h.writer = s.writer WHERE s.n > coalesce(h.n, 0))

        """;

    private const string Later = """
             later_audit AS NOT MATERIALIZED (
                 SELECT a.* FROM payments.payment_audit a LEFT JOIN head h ON h.writer = a.writer WHERE a.batch > coalesce(h.n, 0)),
             changed AS MATERIALIZED (SELECT DISTINCT merchant_id, payment_id FROM later_audit),
             payment AS NOT MATERIALIZED (
                 SELECT p.* FROM changed c JOIN payments.payments p ON p.merchant_id = c.merchant_id AND p.id = c.payment_id),
             operation AS NOT MATERIALIZED (SELECT o.* FROM changed c JOIN payments.operations o USING (merchant_id, payment_id)),
             audit AS NOT MATERIALIZED (SELECT a.* FROM changed c JOIN payments.payment_audit a USING (merchant_id, payment_id)),
             event AS NOT MATERIALIZED (
                 SELECT e.* FROM (SELECT DISTINCT written_at, merchant_id, payment_id FROM audit) a JOIN payments.events e USING (written_at, merchant_id, payment_id)),
             payment_entry AS NOT MATERIALIZED (SELECT e.* FROM changed c JOIN payments.journal_entries e USING (merchant_id, payment_id)),
             later_payout_audit AS NOT MATERIALIZED (
                 SELECT a.* FROM payments.payout_audit a LEFT JOIN head h ON h.writer = a.writer WHERE a.batch > coalesce(h.n, 0)),
             changed_payout AS MATERIALIZED (SELECT DISTINCT merchant_id, payout_id FROM later_payout_audit),
             payout AS NOT MATERIALIZED (
                 SELECT p.* FROM changed_payout c JOIN payments.payouts p ON p.merchant_id = c.merchant_id AND p.id = c.payout_id),
             payout_audit AS NOT MATERIALIZED (SELECT a.* FROM changed_payout c JOIN payments.payout_audit a USING (merchant_id, payout_id)),
             payout_entry AS NOT MATERIALIZED (
                 SELECT e.* FROM changed_payout c JOIN payments.journal_entries e ON e.operation_id = c.payout_id AND e.kind LIKE 'payout%'),
             entry AS NOT MATERIALIZED (
                 SELECT e.* FROM payments.journal_entries e LEFT JOIN head h ON h.writer = e.writer WHERE e.batch > coalesce(h.n, 0)),
             posting AS NOT MATERIALIZED (SELECT p.* FROM entry e JOIN payments.postings p ON p.entry_id = e.id AND p.posted_at = e.posted_at),
             batch AS NOT MATERIALIZED (
                 SELECT b.* FROM payments.ledger_batches b LEFT JOIN head h ON h.writer = b.writer WHERE b.n > coalesce(h.n, 0)),
             seal AS NOT MATERIALIZED (
                 SELECT s.* FROM payments.ledger_seals s LEFT JOIN head h ON h.writer = s.writer WHERE s.n > coalesce(h.n, 0))

        """;

    private readonly IReadOnlyList<ChainHead>? since;
    private readonly Domain.Month? left;
    private readonly IReadOnlyList<ChainHead>? heads;

    /// <param name="since">The heads behind which everything is taken as audited; null for none.</param>
    /// <param name="left">The newest month that is archived; null for none.</param>
    /// <param name="ends">The heads at its end.</param>
    public AuditScope(IReadOnlyList<ChainHead>? since, Domain.Month? left, IReadOnlyList<ChainHead> ends) =>
        (this.since, this.left, heads) = (since, left, since ?? (left is null ? null : ends));

    /// <summary>Where each chain's walk begins.</summary>
    public IReadOnlyDictionary<long, ChainHead> Heads => (heads ?? []).ToDictionary(head => head.Writer);

    /// <summary>Prepares a transaction for looking at it.</summary>
    /// <param name="first">What must come before all else in it.</param>
    public async Task PrepareAsync(NpgsqlConnection connection, string? first, CancellationToken cancellationToken)
    {
        // Big sorts and hashes instead of millions of index lookups: tables that have just grown have no statistics, and a planner that believes in a
        // single row would look all of them up, or worse. No workers beside the lanes: they would read and sort the same rows once more each.
        await using var command = new NpgsqlCommand($"""
            {first};
            SET TRANSACTION READ ONLY;
            SET LOCAL enable_nestloop = {(since is null ? "off" : "on")};
            SET LOCAL enable_mergejoin = {(since is null ? "off" : "on")};
            SET LOCAL max_parallel_workers_per_gather = 0;
            SET LOCAL work_mem = '256MB';
            SET LOCAL jit = off;
            SET LOCAL statement_timeout = 0;
            SET LOCAL idle_in_transaction_session_timeout = 0
            """, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A query that may use the relations by name.</summary>
    public NpgsqlCommand Command(NpgsqlConnection connection, string sql)
    {
        // An audit takes as long as it takes.
        var relations = heads is null ? Kept + Everything : Kept + Head + (since is null ? Remaining : Later);
        var command = new NpgsqlCommand(relations + sql, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new("kept", NpgsqlDbType.Text) { Value = left is { } month ? $"{month.Next.Start:yyyy-MM-dd}T00:00:00Z" : "-infinity" });
        command.Parameters.Add(new("partly", NpgsqlDbType.Boolean) { Value = left is not null });
        if (heads is not null)
        {
            command.Parameters.Add(new("writers", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = heads.Select(head => head.Writer).ToArray() });
            command.Parameters.Add(new("ns", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = heads.Select(head => head.N).ToArray() });
        }

        return command;
    }
}
