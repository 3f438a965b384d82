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
    /// <exception cref="AuditNotPossibleException">The checkpoint to begin from cannot be used, or there are archives and no key to trust them with.</exception>
    public static async Task<AuditReport> RunAsync(
        AuditOptions options, IProgress<AuditProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var started = options.Time.GetTimestamp();
        var findings = new Findings(options.KeptBreaches);
        var notes = new List<string>();
        var effectsCheck = EffectsCheck.Begin(findings);
        var rules = Rules.Select(rule => (Rule: rule, Check: findings.Begin(rule.Invariant, rule.Name, rule.Proves))).ToArray();
        var closingCheck = ClosingCheck.Begin(findings);
        var chainCheck = ChainCheck.Begin(findings);
        var checkpointCheck = CheckpointCheck.Begin(findings);

        // Before the snapshot: whatever is read here, the snapshot must know.
        using var effects = options.Simulator is null ? null : new ProcessorEffects(options.Simulator);
        if (effects is not null)
        {
            await effects.ReadAsync(beforeSnapshot: true, effectsCheck, cancellationToken);
        }

        var checkpoints = await CheckpointCheck.ReadExportedAsync(options, checkpointCheck, cancellationToken);
        var since = await SinceAsync(options, cancellationToken);

        // While it is held no month leaves: what is archived, and what is here, are the same in every lane.
        await using var connection = await options.Database.OpenConnectionAsync(cancellationToken);
        await using var hold = await Archives.HoldAsync(connection, cancellationToken);
        var archives = await ArchiveCheck.BeginAsync(connection, options, findings, since, cancellationToken);
        var scope = new AuditScope(since?.Heads(), archives?.Left, archives?.Heads ?? []);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await scope.PrepareAsync(connection, first: null, cancellationToken);
        var snapshotAt = await TakeSnapshotAsync(connection, cancellationToken);

        var lines = ImmutableArray<EffectsLine>.Empty;
        if (effects is null)
        {
            effectsCheck.NotDone("no processor was named to compare with");
        }
        else
        {
            lines = await EffectsCheck.RunAsync(connection, options.SimulatorName, effects, effectsCheck, cancellationToken);
        }

        if (archives is not null)
        {
            notes.AddRange(archives.Notes);
        }

        var lanes = new AuditLanes(options.Database, scope, progress);
        lanes.Add(chainCheck, (lane, token) => ChainCheck.RunAsync(lane, lanes, scope, chainCheck, token));
        if (since is null)
        {
            lanes.Add(closingCheck, (lane, token) => ClosingCheck.RunAsync(lane, scope, closingCheck, token));
        }
        else
        {
            closingCheck.NotDone("what is before the checkpoint was not read again");
        }

        foreach (var (rule, check) in rules)
        {
            lanes.Add(check, rule);
        }

        if (archives is not null)
        {
            lanes.Add(archives.Check, (lane, token) => archives.RunAsync(lane, token));
        }

        lanes.Add(checkpointCheck, (lane, token) => checkpoints.RunAsync(lane, since, notes, token));
        await lanes.RunAsync(connection, cancellationToken);
        await NoteOverdueAsync(connection, notes, cancellationToken);

        var covered = since is null
            ? archives is null ? "Everything was audited." : $"Everything since the archive of {archives.Left} was audited, from what is signed of it on. Its files, and those before: payments archive check."
            : $"Only what came after checkpoint {since.No} was audited: later batches, and the payments that changed in them. What it covers was taken as audited.";
        return new(snapshotAt, options.Time.GetElapsedTime(started), covered, findings.Checks, findings.Breaches, lines, [.. notes]);
    }

    // The first query takes the snapshot of a REPEATABLE READ transaction.
    private static async Task<DateTimeOffset> TakeSnapshotAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
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
