using System.Collections.Immutable;
using System.Data;
using Npgsql;
using Payments.Storage.Postgres.Auditing;

namespace Payments.Storage.Postgres;

/// <summary>
/// Proves that the books are whole: everything is checked inside one snapshot of the database, while the system goes on. Nothing is
/// written, and memory does not grow with the books (only with the processor's effects, when those are compared).
/// </summary>
public static class Audit
{
    private static readonly SqlRule[] Rules =
        [.. LedgerRules.All, .. TransitionRules.All, .. AmountRules.All, .. AgreementRules.All, .. SequenceRules.All, .. EvidenceRules.All, .. ReconciliationRules.All, .. PayoutRules.All, .. ReportRules.All, .. ChainRules.All];

    /// <summary>Audits. Breaches are in the report; what throws is a database or a processor that cannot be read.</summary>
    /// <exception cref="AuditNotPossibleException">The checkpoint to begin from cannot be used.</exception>
    public static async Task<AuditReport> RunAsync(
        AuditOptions options, IProgress<AuditProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var started = options.Time.GetTimestamp();
        var findings = new Findings(options.KeptBreaches);
        var notes = new List<string>();
        var steps = Rules.Length + 4;
        var step = 0;
        void Next(string check) => progress?.Report(new(check, step++, steps));

        // Before the snapshot: whatever is read here, the snapshot must know.
        Next(EffectsCheck.Name);
        var effectsCheck = findings.Begin("I1", EffectsCheck.Name, EffectsCheck.Proves);
        using var effects = options.Simulator is null ? null : new ProcessorEffects(options.Simulator);
        if (effects is not null)
        {
            await effects.ReadAsync(beforeSnapshot: true, effectsCheck, cancellationToken);
        }

        var checkpoints = await CheckpointCheck.ReadExportedAsync(options, findings, cancellationToken);
        var since = await SinceAsync(options, cancellationToken);

        await using var connection = await options.Database.OpenConnectionAsync(cancellationToken);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var snapshotAt = await TakeSnapshotAsync(connection, since is null, cancellationToken);

        var lines = ImmutableArray<EffectsLine>.Empty;
        if (effects is null)
        {
            findings.NotChecked("I1", EffectsCheck.Name, EffectsCheck.Proves, "no processor was named to compare with");
        }
        else
        {
            lines = await EffectsCheck.RunAsync(connection, options.SimulatorName, effects, effectsCheck, cancellationToken);
        }

        var scope = new AuditScope(since?.Heads());
        foreach (var rule in Rules)
        {
            Next(rule.Name);
            await RunAsync(connection, scope, rule, findings, cancellationToken);
        }

        Next(ClosingCheck.Name);
        if (since is null)
        {
            await ClosingCheck.RunAsync(connection, findings, cancellationToken);
        }
        else
        {
            findings.NotChecked("periods", ClosingCheck.Name, ClosingCheck.Proves, "what is before the checkpoint was not read again");
        }

        Next("hash chains");
        await ChainCheck.RunAsync(connection, scope, findings, cancellationToken);
        Next("signed heads");
        await checkpoints.RunAsync(connection, since, notes, cancellationToken);
        await NoteOverdueAsync(connection, notes, cancellationToken);
        progress?.Report(new("done", steps, steps));

        var covered = since is null
            ? "Everything was audited."
            : $"Only what came after checkpoint {since.No} was audited: later batches, and the payments that changed in them. What it covers was taken as audited.";
        return new(snapshotAt, options.Time.GetElapsedTime(started), covered, findings.Checks, findings.Breaches, lines, [.. notes]);
    }

    private static async Task RunAsync(
        NpgsqlConnection connection, AuditScope scope, SqlRule rule, Findings findings, CancellationToken cancellationToken)
    {
        var check = findings.Begin(rule.Invariant, rule.Name, rule.Proves);
        await using (var command = scope.Command(connection, rule.Breaches))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                check.Breach(reader.GetString(0));
            }
        }

        await using var count = scope.Command(connection, $"SELECT count(*) FROM {rule.Rows}");
        check.Done((long)(await count.ExecuteScalarAsync(cancellationToken))!);
    }

    // The first query takes the snapshot of a REPEATABLE READ transaction. Big sorts and hashes instead of millions of index lookups: tables that
    // have just grown have no statistics, and a planner that believes in a single row would look all of them up, or worse.
    private static async Task<DateTimeOffset> TakeSnapshotAsync(NpgsqlConnection connection, bool isOfEverything, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            SET TRANSACTION READ ONLY;
            SET LOCAL enable_nestloop = {(isOfEverything ? "off" : "on")};
            SET LOCAL work_mem = '64MB';
            SET LOCAL jit = off;
            SET LOCAL statement_timeout = 0;
            SET LOCAL idle_in_transaction_session_timeout = 0;
            SELECT clock_timestamp()
            """, connection);
        return new((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    private static async Task<Checkpoint?> SinceAsync(AuditOptions options, CancellationToken cancellationToken)
    {
        if (options.SinceFile is null)
        {
            return null;
        }

        using var key = CheckpointKey.Verifier(options.StateDirectory)
            ?? throw new AuditNotPossibleException("A checkpoint to begin from can be trusted only with its public key: name the state folder that holds checkpoint_key.pub.pem.");
        try
        {
            var since = Checkpoint.Import(await File.ReadAllTextAsync(options.SinceFile, cancellationToken));
            return key.Vouches(since)
                ? since
                : throw new AuditNotPossibleException($"{options.SinceFile} has a wrong signature: nothing can be taken as audited. Audit everything instead.");
        }
        catch (FormatException unreadable)
        {
            throw new AuditNotPossibleException($"{options.SinceFile} is no exported checkpoint.", unreadable);
        }
    }

    private static async Task NoteOverdueAsync(NpgsqlConnection connection, List<string> notes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT count(*) FROM payments.payments WHERE next_action_at < now() - interval '60 seconds'", connection)
        { CommandTimeout = 0 };
        if ((long)(await command.ExecuteScalarAsync(cancellationToken))! is > 0 and var overdue)
        {
            notes.Add($"{overdue} payments are overdue by more than a minute: no node is running, or recovery does not keep up.");
        }
    }
}
