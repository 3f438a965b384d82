using System.Collections.Immutable;
using System.Data;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres.Reporting;

/// <summary>Takes a piece of a file; it must be done with it when it returns.</summary>
public delegate ValueTask TakePiece(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken);

/// <summary>
/// Reads a report's rows and writes its file, row by row and in constant memory. What it reads lies before the fixed point of the books, where nothing changes any
/// more, or in one snapshot: the same report comes out the same however often it is begun.
/// </summary>
public sealed class ReportWriter(NpgsqlDataSource database)
{
    /// <summary>The size of a piece in bytes; only the last one of a file is smaller.</summary>
    public const int Piece = 512 * 1024;

    /// <summary>The largest file in bytes: some ten million rows.</summary>
    public const long MaxBytes = 4L * 1024 * 1024 * 1024;

    private const int AccountPage = 1_000;
    private const int Stride = 64;

    /// <summary>The instant from which on the books must be here for a report; null: it tells only of what never leaves.</summary>
    public static DateTimeOffset? Needs(ReportOrder order) => order.Type switch
    {
        "unresolved_operations" => null,
        "trial_balance" => order.To - TimeSpan.FromMicroseconds(1) ?? DateTimeOffset.MaxValue,
        _ => order.From - TimeSpan.FromMicroseconds(1) ?? DateTimeOffset.MinValue,
    };

    /// <summary>What can be asked for.</summary>
    public static IReadOnlyList<ReportType> Types => ReportDefinitions.Types;

    /// <param name="merchantId">Whose report it is; null: of the whole platform.</param>
    /// <param name="asOf">UTC, included; the books are fixed there.</param>
    /// <param name="progress">Told in percent.</param>
    /// <exception cref="ReportImpossibleException">The file would be too large, or what it would tell of is archived.</exception>
    public async Task<ReportFile> WriteAsync(
        string? merchantId, ReportOrder order, DateTimeOffset asOf, TakePiece take, IProgress<int> progress, CancellationToken cancellationToken)
    {
        var definition = ReportDefinitions.Of(order.Type);
        var columns = definition.Choose(order.Columns);
        using var rows = Rows.In(order.Format, columns);
        using var file = new FileInPieces(rows, take);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var hold = await Archives.HoldAsync(connection, cancellationToken);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var reading = new Reading(connection, definition, columns, merchantId, order, asOf, file, progress);
        await reading.PrepareAsync(cancellationToken);
        rows.Begin();
        try
        {
            await Archives.AskAsync(async () =>
            {
                await (definition.Accounts is null ? reading.OnceAsync(cancellationToken) : reading.AlongAccountsAsync(cancellationToken));
                return true;
            });
        }
        catch (ArchivedException)
        {
            throw new ReportImpossibleException("archived");
        }

        rows.End();
        return await file.EndAsync(cancellationToken);
    }

    private sealed class Reading(
        NpgsqlConnection connection, ReportDefinition definition, ImmutableArray<ReportColumn> columns, string? merchantId, ReportOrder order, DateTimeOffset asOf,
        FileInPieces file, IProgress<int> progress)
    {
        // Tables that have just grown have no statistics, and postings in their order are there by the index: no plan may read or sort all of them.
        public async Task PrepareAsync(CancellationToken cancellationToken)
        {
            var plans = definition.Accounts is null ? "" : "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off;";
            await using var command = new NpgsqlCommand(
                $"SET TRANSACTION READ ONLY; SET LOCAL search_path = payments; SET LOCAL jit = off; SET LOCAL statement_timeout = 0; {plans}", connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        public async Task OnceAsync(CancellationToken cancellationToken)
        {
            await using var command = Command($"SELECT {Selected} {definition.Rows}");
            Add(command, NpgsqlDbType.Text, merchantId);
            Add(command, NpgsqlDbType.TimestampTz, order.From);
            Add(command, NpgsqlDbType.TimestampTz, asOf);
            Add(command, NpgsqlDbType.Text, order.Currency);
            await CopyAsync(command, _ => 0, cancellationToken);
        }

        public async Task AlongAccountsAsync(CancellationToken cancellationToken)
        {
            var (total, done) = (Math.Max(1, await CountAsync(cancellationToken)), 0L);
            string? last = "";
            while (last is not null)
            {
                var page = await AccountsAsync(last, cancellationToken);
                foreach (var (no, _, before, until) in page)
                {
                    if (until > before)
                    {
                        await using var command = Command($"SELECT {Selected}, p.seq {definition.Rows}");
                        Add(command, NpgsqlDbType.Text, merchantId);
                        Add(command, NpgsqlDbType.Bigint, no);
                        Add(command, NpgsqlDbType.Bigint, before);
                        Add(command, NpgsqlDbType.Bigint, until);
                        var length = until - before;
                        await CopyAsync(
                            command, row => (int)((done * 100 + Math.Max(0, row.GetInt64(columns.Length + 1) - before) * 100 / length) / total), cancellationToken);
                    }

                    progress.Report((int)(++done * 100 / total));
                }

                last = page.Count == AccountPage ? page[^1].Id : null;
            }
        }

        private string Selected => string.Join(", ", columns.Select(column => column.Sql).Prepend(definition.Currency));

        private string Walked => $"""
            FROM accounts a WHERE ({definition.Accounts}) AND {(merchantId is null ? "$1::text IS NULL" : "(a.merchant_id = $1 OR a.merchant_id IS NULL)")}
                AND ($2::text IS NULL OR a.currency = $2) AND ($3::text IS NULL OR a.id = $3)
            """;

        private async Task<long> CountAsync(CancellationToken cancellationToken)
        {
            await using var command = Command($"SELECT count(*) {Walked}");
            AddWalk(command);
            return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }

        private async Task<List<(long No, string Id, long Before, long Until)>> AccountsAsync(string after, CancellationToken cancellationToken)
        {
            await using var command = Command(
                $"""
                SELECT a.no, a.id, coalesce(posted_until(a.no, a.seq, $4 - interval '1 microsecond'), 0), coalesce(posted_until(a.no, a.seq, $5), 0)
                {Walked} AND a.id > $6 ORDER BY a.id LIMIT {AccountPage}
                """);
            AddWalk(command);
            Add(command, NpgsqlDbType.TimestampTz, order.From);
            Add(command, NpgsqlDbType.TimestampTz, asOf);
            Add(command, NpgsqlDbType.Text, after);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var page = new List<(long, string, long, long)>();
            while (await reader.ReadAsync(cancellationToken))
            {
                page.Add((reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3)));
            }

            return page;
        }

        private void AddWalk(NpgsqlCommand command)
        {
            Add(command, NpgsqlDbType.Text, merchantId);
            Add(command, NpgsqlDbType.Text, order.Currency);
            Add(command, NpgsqlDbType.Text, order.Account);
        }

        private async Task CopyAsync(NpgsqlCommand command, Func<NpgsqlDataReader, int> percent, CancellationToken cancellationToken)
        {
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                file.Write(reader, columns);
                if (file.Count % Stride == 0)
                {
                    await file.PassOnAsync(cancellationToken);
                    progress.Report(percent(reader));
                }
            }
        }

        private NpgsqlCommand Command(string sql) => new(sql, connection) { CommandTimeout = 0 };

        private static void Add(NpgsqlCommand command, NpgsqlDbType type, object? value) =>
            command.Parameters.Add(new() { Value = value ?? DBNull.Value, NpgsqlDbType = type });
    }

    /// <summary>The file on its way: counted, hashed, and passed on in pieces of one size.</summary>
    private sealed class FileInPieces(Rows rows, TakePiece take) : IDisposable
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long bytes;

        public long Count { get; private set; }

        public void Write(NpgsqlDataReader reader, ImmutableArray<ReportColumn> columns)
        {
            var currency = Currency.Of(reader.GetString(0));
            rows.BeginRow();
            for (var i = 0; i < columns.Length; i++)
            {
                var place = i + 1;
                if (reader.IsDBNull(place))
                {
                    rows.Null();
                    continue;
                }

                switch (columns[i].Kind)
                {
                    case ColumnKind.Text:
                        rows.Text(reader.GetString(place));
                        break;
                    case ColumnKind.Word:
                        rows.Word(reader.GetString(place));
                        break;
                    case ColumnKind.Id:
                        rows.Word(Id(reader.GetString(place)));
                        break;
                    case ColumnKind.Money:
                        rows.Money(reader.GetInt64(place), currency);
                        break;
                    case ColumnKind.Sum:
                        rows.Money(Int128.Parse(reader.GetString(place), System.Globalization.CultureInfo.InvariantCulture), currency);
                        break;
                    case ColumnKind.Number:
                        rows.Number(reader.GetInt64(place));
                        break;
                    case ColumnKind.Time:
                        rows.Word(Rows.Time(reader.GetDateTime(place)));
                        break;
                }
            }

            rows.EndRow();
            Count++;
        }

        /// <summary>Passes full pieces on.</summary>
        public async ValueTask PassOnAsync(CancellationToken cancellationToken)
        {
            rows.Flush();
            var from = 0;
            while (rows.Buffer.Length - from >= Piece)
            {
                await PassOnAsync(rows.Buffer.GetBuffer().AsMemory(from, Piece), cancellationToken);
                from += Piece;
            }

            if (from > 0)
            {
                var rest = (int)rows.Buffer.Length - from;
                rows.Buffer.GetBuffer().AsSpan(from, rest).CopyTo(rows.Buffer.GetBuffer());
                rows.Buffer.SetLength(rest);
            }
        }

        public async Task<ReportFile> EndAsync(CancellationToken cancellationToken)
        {
            await PassOnAsync(cancellationToken);
            if (rows.Buffer.Length > 0)
            {
                await PassOnAsync(rows.Buffer.GetBuffer().AsMemory(0, (int)rows.Buffer.Length), cancellationToken);
            }

            return new(Count, bytes, [.. hash.GetHashAndReset()]);
        }

        public void Dispose() => hash.Dispose();

        private async ValueTask PassOnAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
        {
            bytes += piece.Length;
            if (bytes > MaxBytes)
            {
                throw new ReportImpossibleException("file_too_large");
            }

            hash.AppendData(piece.Span);
            await take(piece, cancellationToken);
        }

        private static string Id(string prefixed)
        {
            var space = prefixed.IndexOf(' ', StringComparison.Ordinal);
            return Ids.Format(prefixed[..space], Guid.ParseExact(prefixed.AsSpan(space + 1), "D"));
        }
    }
}
