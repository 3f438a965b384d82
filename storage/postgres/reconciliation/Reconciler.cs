using System.Collections.Immutable;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>Reconciliation on PostgreSQL: pages of lines, each matched in a transaction under its file's lock, in constant memory.</summary>
public sealed class Reconciler(NpgsqlDataSource database, IInbox inbox, TimeProvider time) : IReconciliation
{
    /// <summary>Lines that are matched in one transaction.</summary>
    public const int Page = 10_000;

    private const int BreaksAtOnce = 1_000;
    private const string System = "system";

    // What was booked just before the files' end may stand in the next one: two clocks.
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> GatewaysAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT DISTINCT gateway FROM settlement_files WHERE imported_at IS NOT NULL ORDER BY gateway");
        return await ListAsync(command, reader => reader.GetString(0), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<MatchProgress?> MatchAsync(string gateway, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await PinPlansAsync(connection, cancellationToken);
        await using var next = Command(
            connection,
            """
            SELECT id, name, format, lines, matched_through, digest FROM settlement_files
            WHERE gateway = $1 AND imported_at IS NOT NULL AND reconciled_at IS NULL AND matched_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE
            """, gateway);
        var file = (await ListAsync(
            next, reader => (Id: reader.GetInt64(0), Name: reader.GetString(1), Format: reader.GetString(2), Lines: reader.GetInt32(3), Through: reader.GetInt32(4), Digest: reader.GetFieldValue<byte[]>(5)),
            cancellationToken)).FirstOrDefault();
        if (file.Name is null)
        {
            return null;
        }

        await using var read = Command(
            connection, $"{LineColumns} FROM settlement_lines l JOIN settlement_files f ON f.id = l.file WHERE l.file = $1 AND l.line > $2 ORDER BY l.line LIMIT $3", file.Id, file.Through, Page);
        var lines = await ListAsync(read, ReadLine, cancellationToken);
        var repeated = await RepeatedAsync(connection, gateway, file.Id, lines, cancellationToken);
        var judged = await JudgeAsync(connection, gateway, lines, cancellationToken);
        for (var i = 0; i < judged.Count; i++)
        {
            if (repeated.TryGetValue(lines[i].Number, out var wasPaid))
            {
                judged[i] = new(lines[i], Reconciliation.Repeated(lines[i].Line, lines[i].Line.IsPaid && !wasPaid), null, lines[i].Line.IsPaid && !wasPaid);
            }
        }

        await WriteAsync(connection, gateway, judged, round: 1, cancellationToken);
        var isLast = lines.Count < Page;
        var through = lines.Count == 0 ? file.Through : lines[^1].Number;
        await using var moved = Command(
            connection, "UPDATE settlement_files SET matched_through = $2, matched_at = $3 WHERE id = $1", file.Id, through);
        moved.Parameters.Add(new() { Value = isLast ? time.Now() : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await moved.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new(file.Name, isLast ? file.Lines : through - 1, file.Lines);
    }

    /// <inheritdoc/>
    public async Task<DueSettlement?> DueSettlementAsync(string gateway, CancellationToken cancellationToken)
    {
        await using var next = database.CreateCommand(
            """
            SELECT id, digest FROM settlement_files WHERE gateway = $1 AND matched_at IS NOT NULL AND reconciled_at IS NULL AND imported_at IS NOT NULL
            ORDER BY id LIMIT 1
            """);
        next.Parameters.Add(new() { Value = gateway });
        var file = (await ListAsync(next, reader => (Id: reader.GetInt64(0), Digest: reader.GetFieldValue<byte[]>(1)), cancellationToken)).FirstOrDefault();
        if (file.Digest is null)
        {
            return null;
        }

        await using var sums = database.CreateCommand(
            """
            SELECT m.presented_currency, sum(m.receivable)::bigint, sum(m.suspense_presented)::bigint, sum(m.fx_presented)::bigint,
                m.currency, sum(m.fx)::bigint, sum(m.fees)::bigint, sum(m.suspense)::bigint, sum(m.in_transit)::bigint, sum(m.bank)::bigint, max(l.at)
            FROM settlement_matches m JOIN settlement_lines l ON l.file = m.file AND l.line = m.line
            WHERE m.file = $1 AND m.round = 1 GROUP BY m.presented_currency, m.currency ORDER BY m.presented_currency, m.currency
            """);
        sums.CommandTimeout = 0;
        sums.Parameters.Add(new() { Value = file.Id });
        var pairs = await ListAsync(sums, reader => (Amounts: Converted.Read(reader, 0), At: reader.GetFieldValue<DateTimeOffset>(10)), cancellationToken);
        var mode = await ModeAsync(gateway, cancellationToken);
        return new(gateway, file.Id, pairs.Count == 0 ? [] : Converted.Entries(
            [.. pairs.Select(pair => pair.Amounts)], gateway, mode, pairs.Max(pair => pair.At), EntryKind.Settlement,
            currency => Ids.SettlementEntry(gateway, file.Digest, currency)));
    }

    /// <inheritdoc/>
    public async Task FinishAsync(DueSettlement posted, CancellationToken cancellationToken)
    {
        await using var range = database.CreateCommand(
            """
            SELECT coalesce(f.covers_until, date_trunc('day', l.last, 'UTC')), coalesce(
                (SELECT max(b.covers_until) FROM settlement_files b WHERE b.gateway = f.gateway AND b.reconciled_at IS NOT NULL), date_trunc('day', l.first, 'UTC'))
            FROM settlement_files f, LATERAL (SELECT min(at) AS first, max(at) AS last FROM settlement_lines WHERE file = f.id AND kind NOT IN ('fee', 'payout')) l
            WHERE f.id = $1
            """);
        range.CommandTimeout = 0;
        range.Parameters.Add(new() { Value = posted.File });
        var (until, from) = (await ListAsync(
            range, reader => (Until: Time(reader, 0), From: Time(reader, 1)), cancellationToken))[0];
        if (until is not null && from is not null)
        {
            while (await FindMissingAsync(posted.Gateway, from.Value - Grace, until.Value - Grace, cancellationToken) == BreaksAtOnce)
            {
            }
        }

        await using var done = database.CreateCommand(
            "UPDATE settlement_files SET covers_until = coalesce(covers_until, $2), reconciled_at = $3 WHERE id = $1 AND reconciled_at IS NULL");
        done.Parameters.Add(new() { Value = posted.File });
        done.Parameters.Add(new() { Value = (object?)until ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        done.Parameters.Add(new() { Value = time.Now() });
        await done.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<int> RejudgeAsync(string gateway, CancellationToken cancellationToken)
    {
        var (ended, after) = (0, (OpenedAt: DateTimeOffset.UnixEpoch, Id: Guid.Empty));
        while (true)
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await PinPlansAsync(connection, cancellationToken);
            await using var open = Command(
                connection,
                $"""
                {LineColumns}, b.id, b.opened_at FROM settlement_lines l JOIN settlement_files f ON f.id = l.file JOIN reconciliation_breaks b ON b.file = l.file AND b.line = l.line AND b.kind IN ('missing_at_us', 'outcome_unknown')
                WHERE f.gateway = $1 AND f.reconciled_at IS NOT NULL AND b.is_open AND (b.opened_at, b.id) > ($2, $3)
                ORDER BY b.opened_at, b.id LIMIT $4 FOR UPDATE OF b
                """, gateway, after.OpenedAt, after.Id, BreaksAtOnce);
            var lines = await ListAsync(
                open, reader => (Line: ReadLine(reader), Break: reader.GetGuid(15), OpenedAt: reader.GetFieldValue<DateTimeOffset>(16)), cancellationToken);
            var judged = await JudgeAsync(connection, gateway, [.. lines.Select(line => line.Line)], cancellationToken);
            var known = judged.Zip(lines).Where(pair => pair.First.Judgement.AccountsFor).ToArray();
            await WriteAsync(connection, gateway, [.. known.Select(pair => pair.First)], round: 2, cancellationToken);
            foreach (var (_, line) in known)
            {
                await EndAsync(
                    connection, line.Break, BreakResolution.Matched, "What the processor settled came to be known here.", System, posts: true, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            ended += known.Length;
            if (lines.Count < BreaksAtOnce)
            {
                return ended;
            }

            after = (lines[^1].OpenedAt, lines[^1].Break);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DueResolution>> DueResolutionsAsync(string gateway, int limit, CancellationToken cancellationToken)
    {
        await using var due = database.CreateCommand(
            """
            SELECT b.id, b.kind, b.currency, b.amount, r.resolution, r.resolved_at, b.file, b.line FROM break_resolutions r JOIN reconciliation_breaks b ON b.id = r.break_id
            WHERE r.posts AND r.posted_at IS NULL AND b.gateway = $1 ORDER BY r.break_id LIMIT $2
            """);
        due.Parameters.Add(new() { Value = gateway });
        due.Parameters.Add(new() { Value = limit });
        var rows = await ListAsync(due, reader => (
            Id: reader.GetGuid(0), Break: new Break(StatusNames.Parse<BreakKind>(reader.GetString(1), BreakNames.Name), new(reader.GetInt64(3), Currency.Of(reader.GetString(2)))),
            Resolution: StatusNames.Parse<BreakResolution>(reader.GetString(4), BreakNames.Name), At: reader.GetFieldValue<DateTimeOffset>(5),
            File: reader.IsDBNull(6) ? 0 : reader.GetInt64(6), Line: reader.IsDBNull(7) ? 0 : reader.GetInt32(7)), cancellationToken);
        if (rows.Count == 0)
        {
            return [];
        }

        var mode = await ModeAsync(gateway, cancellationToken);
        var resolutions = new List<DueResolution>();
        foreach (var row in rows)
        {
            resolutions.Add(new(row.Id, row.Resolution == BreakResolution.Matched
                ? Converted.Entries(
                    await RejudgedAsync(row.File, row.Line, cancellationToken), gateway, mode, row.At, EntryKind.BreakResolution,
                    currency => Ids.BreakResolution(row.Id, currency))
                : [JournalEntries.OfPlatform(
                    Ids.BreakResolution(row.Id, row.Break.Amount.Currency), EntryKind.BreakResolution, mode,
                    [.. row.Resolution.Postings(row.Break, gateway, mode)], row.At)]));
        }

        return resolutions;
    }

    /// <inheritdoc/>
    public async Task ResolvedAsync(Guid breakId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE break_resolutions SET posted_at = $2 WHERE break_id = $1 AND posted_at IS NULL");
        command.Parameters.Add(new() { Value = breakId });
        command.Parameters.Add(new() { Value = time.Now() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends a break; false when it has ended already.</summary>
    internal static async Task<bool> EndAsync(
        NpgsqlConnection connection, Guid breakId, BreakResolution resolution, string reason, string by, bool posts, DateTimeOffset at,
        CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection,
            """
            INSERT INTO break_resolutions (break_id, resolution, reason, resolved_by, resolved_at, posts) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (break_id) DO NOTHING
            """, breakId, resolution.Name(), reason, by, at, posts);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private Task<bool> EndAsync(
        NpgsqlConnection connection, Guid breakId, BreakResolution resolution, string reason, string by, bool posts, CancellationToken cancellationToken) =>
        EndAsync(connection, breakId, resolution, reason, by, posts, time.Now(), cancellationToken);

    private async Task<List<Judged>> JudgeAsync(NpgsqlConnection connection, string gateway, List<OpenLine> lines, CancellationToken cancellationToken)
    {
        var terms = await TermsAsync(connection, gateway, cancellationToken);
        await using var accounts = Command(connection, "SELECT no FROM accounts WHERE starts_with(id, $1)", $"gateway:{gateway}:receivable:");
        var receivables = await ListAsync(accounts, reader => reader.GetInt64(0), cancellationToken);
        var found = await SettledOperations.FindAsync(connection, gateway, [.. receivables], lines, cancellationToken);
        var accountedFor = new HashSet<Guid>();
        var judged = new List<Judged>(lines.Count);
        for (var place = 0; place < lines.Count; place++)
        {
            var operation = found.GetValueOrDefault(place);
            if (operation is not null && accountedFor.Contains(operation.Operation.Id))
            {
                operation = operation with { Operation = operation.Operation with { IsAccountedFor = true } };
            }

            var line = lines[place].Line;
            var judgement = Reconciliation.Judge(line, operation?.Operation, terms.TryGetValue(line.Gross.Currency.Code, out var contract) ? contract : null);
            if (judgement.AccountsFor)
            {
                accountedFor.Add(judgement.OperationId!.Value);
            }

            judged.Add(new(lines[place], judgement, judgement.AccountsFor ? operation?.MissingBreak : null, line.IsPaid));
        }

        return judged;
    }

    private async Task WriteAsync(NpgsqlConnection connection, string gateway, List<Judged> judged, short round, CancellationToken cancellationToken)
    {
        await using (var copy = await connection.BeginBinaryImportAsync(
            """
            COPY settlement_matches (file, line, round, operation_id, accounts_for, is_paid, presented_currency, receivable, suspense_presented, fx_presented,
                currency, fx, fees, suspense, in_transit, bank) FROM STDIN (FORMAT BINARY)
            """, cancellationToken))
        {
            foreach (var (line, judgement, _, isPaid) in judged)
            {
                var amounts = judgement.Amounts;
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(line.File, NpgsqlDbType.Bigint, cancellationToken);
                await copy.WriteAsync(line.Number, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(round, NpgsqlDbType.Smallint, cancellationToken);
                await (judgement.OperationId is { } id ? copy.WriteAsync(id, NpgsqlDbType.Uuid, cancellationToken) : copy.WriteNullAsync(cancellationToken));
                await copy.WriteAsync(judgement.AccountsFor, NpgsqlDbType.Boolean, cancellationToken);
                await copy.WriteAsync(isPaid, NpgsqlDbType.Boolean, cancellationToken);
                await copy.WriteAsync(line.Line.Presented.Currency.Code, NpgsqlDbType.Text, cancellationToken);
                foreach (var amount in new[] { amounts.Receivable, amounts.SuspensePresented, amounts.FxPresented })
                {
                    await copy.WriteAsync(amount, NpgsqlDbType.Bigint, cancellationToken);
                }

                await copy.WriteAsync(line.Line.Gross.Currency.Code, NpgsqlDbType.Text, cancellationToken);
                foreach (var amount in new[] { amounts.Fx, amounts.Fees, amounts.Suspense, amounts.InTransit, amounts.Bank })
                {
                    await copy.WriteAsync(amount, NpgsqlDbType.Bigint, cancellationToken);
                }
            }

            await copy.CompleteAsync(cancellationToken);
        }

        foreach (var (line, _, missing, _) in judged)
        {
            if (missing is { } breakId)
            {
                await EndAsync(connection, breakId, BreakResolution.Matched, "The processor has settled it since.", System, posts: false, cancellationToken);
            }
        }

        var breaks = judged.SelectMany(one => one.Judgement.Breaks.Select(found => (one.Line, one.Judgement, Break: found))).ToArray();
        foreach (var (line, judgement, _) in breaks.Where(found => found.Break.Kind == BreakKind.OutcomeUnknown))
        {
            await GiveAsEvidenceAsync(gateway, line, judgement.OperationId!.Value, cancellationToken);
        }

        await InsertAsync(
            connection, gateway,
            [.. breaks.Select(found => new BreakToWrite(
                Ids.Break(gateway, found.Line.FileDigest, found.Line.Number, found.Break.Kind), found.Break.Kind.Name(), found.Line.File, found.Line.Number,
                found.Judgement.OperationId, found.Line.Line.At, found.Break.Amount))],
            cancellationToken);
    }

    // The line says that it happened: that is as good as the processor's own answer, and goes the way of all evidence.
    private Task<bool> GiveAsEvidenceAsync(string gateway, OpenLine line, Guid operationId, CancellationToken cancellationToken)
    {
        var amount = line.Line.Presented with { Minor = Math.Abs(line.Line.Presented.Minor) };
        return inbox.ReceiveAsync(
            new(
                new(gateway, $"settlement:{Convert.ToHexString(line.FileDigest)}:{line.Number}"), time.Now(),
                new()
                {
                    Kind = GatewayAnswerKind.Approved.Name(),
                    Gateway = gateway,
                    OperationId = operationId,
                    Reference = line.ProcessorReference,
                    Code = "settled",
                    Amount = amount.Minor,
                    Currency = amount.Currency.Code,
                }),
            Encoding.UTF8.GetBytes($"line {line.Number} of the settlement file with SHA-256 {Convert.ToHexString(line.FileDigest)}: {line.Id} {line.Line.Kind.Name()} {line.Line.Presented}"),
            cancellationToken);
    }

    // What was booked behind one instant and until another, and no line accounts for.
    private async Task<int> FindMissingAsync(string gateway, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await PinPlansAsync(connection, cancellationToken);
        var since = await SinceAsync(connection, cancellationToken);
        await using var command = Command(
            connection,
            $"""
            SELECT booked.* FROM (
                {(from < since ? ArchivedBookings : "")}
                SELECT e.operation_id, e.posted_at, p.currency, p.amount
                FROM accounts a
                CROSS JOIN LATERAL (SELECT posted_until(a.no, a.seq, greatest($2, $5)) AS before, posted_until(a.no, a.seq, greatest($3, $5)) AS last OFFSET 0) range
                CROSS JOIN LATERAL (SELECT * FROM postings l WHERE l.account_no = a.no AND l.seq > range.before AND l.seq <= range.last OFFSET 0) p
                JOIN journal_entries e ON e.id = p.entry_id AND e.kind IN ('charge', 'capture', 'refund_settle', 'refund_failure')
                WHERE starts_with(a.id, 'gateway:' || $1 || ':receivable:')
                UNION ALL
                SELECT o.id, o.created_at, p.currency, CASE o.kind WHEN 'dispute' THEN -o.amount - o.processor_fee ELSE d.amount + d.processor_fee - o.processor_fee END
                FROM operations o JOIN payments p ON p.merchant_id = o.merchant_id AND p.id = o.payment_id AND p.gateway = $1
                LEFT JOIN operations d ON d.id = o.about
                WHERE o.kind IN ('dispute', 'dispute_won') AND o.created_at > $2 AND o.created_at <= $3) booked
            WHERE NOT EXISTS (SELECT FROM settlement_matches m WHERE m.operation_id = booked.operation_id AND m.accounts_for)
              AND NOT EXISTS (SELECT FROM reconciliation_breaks b WHERE b.operation_id = booked.operation_id AND b.kind = 'missing_at_processor')
            LIMIT $4
            """, gateway, from, until, BreaksAtOnce, since);
        command.CommandTimeout = 0;
        var missing = await ListAsync(command, reader => new BreakToWrite(
            Ids.MissingAtProcessor(reader.GetGuid(0)), BreakKind.MissingAtProcessor.Name(), null, null, reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1),
            new(reader.GetInt64(3), Currency.Of(reader.GetString(2)))), cancellationToken);
        await InsertAsync(connection, gateway, missing, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return missing.Count;
    }

    // The first file of a processor, or one that comes late: of what was booked in months that have left, entries and operations are here, and their postings are not.
    private const string ArchivedBookings = """
        SELECT e.operation_id, e.posted_at, y.currency, CASE e.kind WHEN 'refund_settle' THEN -o.amount ELSE o.amount END
        FROM payments y
        JOIN operations o ON o.merchant_id = y.merchant_id AND o.payment_id = y.id AND o.kind IN ('charge', 'capture', 'refund', 'refund_failure')
        JOIN journal_entries e ON e.merchant_id = y.merchant_id AND e.payment_id = y.id AND e.operation_id = o.id AND e.kind IN ('charge', 'capture', 'refund_settle', 'refund_failure')
        WHERE y.gateway = $1 AND e.posted_at > $2 AND e.posted_at <= least($3, $5)
        UNION ALL
        """;

    // The last instant of what has left.
    private static async Task<DateTimeOffset> SinceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT max(month) FROM archives", connection);
        return (await Archives.MonthAsync(command, cancellationToken))?.End ?? DateTimeOffset.UnixEpoch;
    }

    private async Task InsertAsync(NpgsqlConnection connection, string gateway, IReadOnlyList<BreakToWrite> breaks, CancellationToken cancellationToken)
    {
        if (breaks.Count == 0)
        {
            return;
        }

        await using var command = Command(
            connection,
            """
            INSERT INTO reconciliation_breaks (id, gateway, kind, file, line, operation_id, at, currency, amount, opened_at)
            SELECT id, $9, kind, file, line, operation_id, at, currency, amount, $10
            FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::integer[], $5::uuid[], $6::timestamptz[], $7::text[], $8::bigint[])
                AS new (id, kind, file, line, operation_id, at, currency, amount)
            ON CONFLICT (id) DO NOTHING
            """);
        T[] All<T>(Func<BreakToWrite, T> column) => [.. breaks.Select(column)];
        command.Parameters.Add(new() { Value = All(found => found.Id) });
        command.Parameters.Add(new() { Value = All(found => found.Kind) });
        command.Parameters.Add(new() { Value = All(found => found.File) });
        command.Parameters.Add(new() { Value = All(found => found.Line) });
        command.Parameters.Add(new() { Value = All(found => found.OperationId) });
        command.Parameters.Add(new() { Value = All(found => found.At), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = All(found => found.Amount.Currency.Code) });
        command.Parameters.Add(new() { Value = All(found => found.Amount.Minor) });
        command.Parameters.Add(new() { Value = gateway });
        command.Parameters.Add(new() { Value = time.Now() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // The same line in another file of the processor is the same line: reports overlap.
    private static async Task<Dictionary<int, bool>> RepeatedAsync(
        NpgsqlConnection connection, string gateway, long file, List<OpenLine> lines, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection,
            """
            SELECT w.line, bool_or(m.is_paid)
            FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]) AS w (line, line_id, kind, currency, gross, fee)
            JOIN settlement_lines l ON l.line_id = w.line_id AND l.file < $2 AND (l.kind, l.currency, l.gross, l.fee) = (w.kind, w.currency, w.gross, w.fee)
            JOIN settlement_files f ON f.id = l.file AND f.gateway = $1
            JOIN settlement_matches m ON m.file = l.file AND m.line = l.line AND m.round = 1
            GROUP BY w.line
            """, gateway, file);
        T[] All<T>(Func<OpenLine, T> column) => [.. lines.Select(column)];
        command.CommandTimeout = 0;
        command.Parameters.Add(new() { Value = All(line => line.Number) });
        command.Parameters.Add(new() { Value = All(line => line.Id) });
        command.Parameters.Add(new() { Value = All(line => line.Line.Kind.Name()) });
        command.Parameters.Add(new() { Value = All(line => line.Line.Gross.Currency.Code) });
        command.Parameters.Add(new() { Value = All(line => line.Line.Gross.Minor) });
        command.Parameters.Add(new() { Value = All(line => line.Line.Fee.Minor) });
        return (await ListAsync(command, reader => (Line: reader.GetInt32(0), WasPaid: reader.GetBoolean(1)), cancellationToken)).ToDictionary(pair => pair.Line, pair => pair.WasPaid);
    }

    private async Task<ImmutableArray<Converted>> RejudgedAsync(long file, int line, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT presented_currency, receivable, suspense_presented, fx_presented, currency, fx, fees, suspense, in_transit, bank
            FROM settlement_matches WHERE file = $1 AND line = $2 ORDER BY round
            """);
        command.Parameters.Add(new() { Value = file });
        command.Parameters.Add(new() { Value = line });
        return await ListAsync(command, reader => Converted.Read(reader, 0), cancellationToken) is [var before, var now]
            ? [now with { Amounts = now.Amounts - before.Amounts }]
            : throw new InvalidOperationException($"Line {line} of settlement file {file} was not judged twice.");
    }

    private static async Task<Dictionary<string, FeeTerms>> TermsAsync(NpgsqlConnection connection, string gateway, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, "SELECT currency, basis_points, fixed FROM processor_terms WHERE gateway = $1", gateway);
        return (await ListAsync(command, reader => (Currency: reader.GetString(0), Terms: new FeeTerms(reader.GetInt32(1), reader.GetInt64(2))), cancellationToken))
            .ToDictionary(pair => pair.Currency, pair => pair.Terms);
    }

    // No processor serves both modes: the first payment at it says which.
    private async Task<Mode> ModeAsync(string gateway, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT m.mode FROM accounts a JOIN journal_entries e ON e.id = first_entry(a.no)
            JOIN merchants m ON m.id = e.merchant_id WHERE starts_with(a.id, 'gateway:' || $1 || ':receivable:') ORDER BY a.no LIMIT 1
            """);
        command.Parameters.Add(new() { Value = gateway });
        return await command.ExecuteScalarAsync(cancellationToken) is string mode ? StatusNames.Parse<Mode>(mode, ModeNames.Name) : Mode.Test;
    }

    private const string LineColumns = """
        SELECT l.file, l.line, l.line_id, l.kind, l.at, l.presented_currency, l.presented, l.currency, l.gross, l.fee, l.reference, l.processor_reference, l.batch,
            f.format, f.digest
        """;

    private static OpenLine ReadLine(NpgsqlDataReader reader)
    {
        var kind = StatusNames.Parse<SettlementKind>(reader.GetString(3), SettlementKinds.Name);
        var settled = Currency.Of(reader.GetString(7));
        // Stripe's reports name the payout that a line was paid with; others tell of the payout itself, in a line of its own.
        var isPaid = reader.GetString(13) == "stripe" && !reader.IsDBNull(12) && kind != SettlementKind.Payout;
        return new(
            reader.GetInt64(0), reader.GetInt32(1), reader.GetString(2),
            new(
                kind, reader.GetFieldValue<DateTimeOffset>(4), new(reader.GetInt64(6), Currency.Of(reader.GetString(5))), new(reader.GetInt64(8), settled),
                new(reader.GetInt64(9), settled), isPaid),
            reader.IsDBNull(10) ? null : reader.GetString(10), reader.IsDBNull(11) ? null : reader.GetString(11), reader.GetFieldValue<byte[]>(14));
    }

    // A statement that was planned for a small table must not read a large one from end to end.
    private static async Task PinPlansAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static async Task<List<T>> ListAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var list = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            list.Add(read(reader));
        }

        return list;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }

    /// <param name="MissingBreak">The break that said that no line tells of the operation, and ends with this one.</param>
    /// <param name="IsPaid">It moves what it tells of to the bank.</param>
    private sealed record Judged(OpenLine Line, Judgement Judgement, Guid? MissingBreak, bool IsPaid);

    private sealed record BreakToWrite(Guid Id, string Kind, long? File, int? Line, Guid? OperationId, DateTimeOffset At, Money Amount);

    /// <summary>What was presented in one currency and settled in another, or the same.</summary>
    private sealed record Converted(Currency Presented, Currency Settled, SettlementAmounts Amounts)
    {
        public static Converted Read(NpgsqlDataReader reader, int first) => new(
            Currency.Of(reader.GetString(first)), Currency.Of(reader.GetString(first + 4)),
            new(
                reader.GetInt64(first + 1), reader.GetInt64(first + 2), reader.GetInt64(first + 3), reader.GetInt64(first + 5), reader.GetInt64(first + 6),
                reader.GetInt64(first + 7), reader.GetInt64(first + 8), reader.GetInt64(first + 9)));

        /// <summary>One entry a currency; none where all comes to nothing.</summary>
        public static List<JournalEntry> Entries(
            ImmutableArray<Converted> pairs, string gateway, Mode mode, DateTimeOffset effectiveAt, EntryKind kind, Func<Currency, Guid> id)
        {
            var entries = new List<JournalEntry>();
            foreach (var currency in pairs.SelectMany(pair => new[] { pair.Presented, pair.Settled }).Distinct().OrderBy(currency => currency.Code, StringComparer.Ordinal))
            {
                var postings = Reconciliation.Postings(
                    gateway, mode, currency, Sum(pairs.Where(pair => pair.Presented == currency)), Sum(pairs.Where(pair => pair.Settled == currency)));
                if (postings.Length > 0)
                {
                    entries.Add(JournalEntries.OfPlatform(id(currency), kind, mode, postings, effectiveAt));
                }
            }

            return entries;
        }

        private static SettlementAmounts Sum(IEnumerable<Converted> pairs) =>
            pairs.Aggregate(default(SettlementAmounts), (sum, pair) => sum - (default(SettlementAmounts) - pair.Amounts));
    }
}
