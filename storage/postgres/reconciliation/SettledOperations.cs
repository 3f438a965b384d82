using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>A line of a settlement file that is to be matched.</summary>
/// <param name="Number">Its place in the file.</param>
/// <param name="Id">The processor's own id of it.</param>
internal sealed record OpenLine(
    long File, int Number, string Id, SettledLine Line, string? Reference, string? ProcessorReference, byte[] FileDigest);

/// <summary>The operation that a line is about, with the break that says that no line tells of it, if there is one.</summary>
internal sealed record FoundOperation(BookedOperation Operation, Guid? MissingBreak);

/// <summary>Finds what settlement lines are about: by our own id of the operation, or by the processor's; whatever one line names, at that processor only.</summary>
internal static class SettledOperations
{
    // Of an operation that was booked in a month that has left, the ledger's part was audited before it left: only the line and the operation are compared.
    // One index lookup for each line and no more, whatever the planner believes of tables that have just grown: LIMIT 1 and FILTER leave it no other way.
    private const string Named = """
        WITH wanted AS (SELECT * FROM unnest($1::integer[], $2::uuid[], $3::text[]) AS w (place, id, reference)),
        named AS (
            SELECT w.place, o.merchant_id, o.payment_id, o.id FROM wanted w JOIN operations o ON o.id = w.id
            UNION ALL
            SELECT w.place, o.merchant_id, o.payment_id, o.id FROM wanted w
            JOIN operations o ON o.processor_reference = w.reference AND o.kind IN ('charge', 'authorize') AND o.processor_reference IS NOT NULL WHERE w.id IS NULL
            UNION ALL
            SELECT w.place, o.merchant_id, o.payment_id, o.id FROM wanted w
            JOIN operations o ON o.processor_reference = w.reference AND o.kind IN ('capture', 'refund') AND o.processor_reference IS NOT NULL WHERE w.id IS NULL)
        SELECT n.place, n.id, o.id, o.kind, o.status, o.amount, o.processor_fee, o.about, o.processor_reference, o.created_at, p.currency, booked.amount, booked.at,
            matched.is_there IS NOT NULL OR coalesce(missing.is_given_up, false),
            CASE WHEN missing.is_given_up IS NULL THEN missing.id END, coalesce(booked.has_left, false)
        FROM named n
        JOIN payments p ON p.merchant_id = n.merchant_id AND p.id = n.payment_id AND p.gateway = $4
        JOIN operations o ON o.merchant_id = n.merchant_id AND o.payment_id = n.payment_id
        LEFT JOIN LATERAL (
            SELECT sum(l.amount) FILTER (WHERE l.account_no = ANY ($5))::bigint AS amount, max(e.posted_at) AS at,
                bool_or(e.posted_at < (SELECT (max(month) + interval '1 month') AT TIME ZONE 'UTC' FROM archives)) AS has_left
            FROM journal_entries e LEFT JOIN postings l ON l.entry_id = e.id AND l.posted_at = e.posted_at
            WHERE e.payment_id = n.payment_id AND e.operation_id = o.id) booked ON true
        LEFT JOIN LATERAL (SELECT true AS is_there FROM settlement_matches m WHERE m.operation_id = o.id AND m.accounts_for LIMIT 1) matched ON true
        LEFT JOIN LATERAL (
            SELECT b.id, r.resolution IN ('write_off', 'fees') AS is_given_up
            FROM reconciliation_breaks b LEFT JOIN break_resolutions r ON r.break_id = b.id
            WHERE b.operation_id = o.id AND b.kind = 'missing_at_processor' LIMIT 1) missing ON true
        """;

    /// <summary>The operations of lines, by the lines' place in the list.</summary>
    /// <param name="receivables">The numbers of the processor's receivable accounts.</param>
    public static async Task<Dictionary<int, FoundOperation>> FindAsync(
        NpgsqlConnection connection, string gateway, long[] receivables, IReadOnlyList<OpenLine> lines, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Named, connection) { CommandTimeout = 0 };
        var places = Enumerable.Range(0, lines.Count).Where(place => lines[place].Reference is not null || lines[place].ProcessorReference is not null).ToArray();
        command.Parameters.Add(new() { Value = places });
        command.Parameters.Add(new() { Value = Array.ConvertAll(places, place => OperationId(lines[place])) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(places, place => lines[place].ProcessorReference ?? "") });
        command.Parameters.Add(new() { Value = gateway });
        command.Parameters.Add(new() { Value = receivables });
        var rows = new Dictionary<int, List<Row>>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var place = reader.GetInt32(0);
                if (!rows.TryGetValue(place, out var list))
                {
                    rows.Add(place, list = []);
                }

                list.Add(Row.Read(reader));
            }
        }

        return rows.Select(pair => (pair.Key, Found: Choose(lines[pair.Key], pair.Value))).Where(pair => pair.Found is not null)
            .ToDictionary(pair => pair.Key, pair => pair.Found!);
    }

    private static Guid? OperationId(OpenLine line) => Ids.TryParse(Ids.OperationPrefix, line.Reference, out var id) ? id : null;

    // A refund that came back names the refund, a dispute what is in dispute: what we hold of it is another operation of the same payment.
    private static FoundOperation? Choose(OpenLine line, List<Row> rows)
    {
        var named = rows.Where(row => row.Id == row.Named).DistinctBy(row => row.Id).ToArray();
        var fitting = line.Line.Kind switch
        {
            SettlementKind.Capture => named.Where(row => row.Kind is "charge" or "capture"),
            SettlementKind.Refund => named.Where(row => row.Kind == "refund"),
            SettlementKind.RefundFailure => rows.Where(row => row.Kind == "refund_failure" && row.About == row.Named),
            SettlementKind.Dispute => Only(line, rows.Where(row => row.Kind == "dispute")),
            SettlementKind.DisputeReversal =>
                Only(line, rows.Where(row => row.Kind == "dispute")).SelectMany(dispute => rows.Where(row => row.Kind == "dispute_won" && row.About == dispute.Id)),
            SettlementKind.Fee or SettlementKind.Payout or SettlementKind.Unknown => [],
        };

        // Of two that fit, none is taken: that would be a guess.
        return fitting.DistinctBy(row => row.Id).ToArray() is [var one] ? one.ToFound(rows) : null;
    }

    private static IEnumerable<Row> Only(OpenLine line, IEnumerable<Row> disputes)
    {
        var all = disputes.DistinctBy(dispute => dispute.Id).ToArray();
        return all.Length == 1 ? all : all.Where(dispute => dispute.Reference == line.ProcessorReference);
    }

    private sealed record Row(
        Guid Named, Guid Id, string Kind, string Status, long Amount, long ProcessorFee, Guid? About, string? Reference, DateTimeOffset CreatedAt, string Currency,
        long? Booked, DateTimeOffset? BookedAt, bool IsAccountedFor, Guid? MissingBreak, bool HasLeft)
    {
        public static Row Read(NpgsqlDataReader reader) => new(
            reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3), reader.GetString(4), reader.GetInt64(5), reader.GetInt64(6), OptionalId(reader, 7),
            reader.IsDBNull(8) ? null : reader.GetString(8), reader.GetFieldValue<DateTimeOffset>(9), reader.GetString(10),
            reader.IsDBNull(11) ? null : reader.GetInt64(11), reader.IsDBNull(12) ? null : reader.GetFieldValue<DateTimeOffset>(12), reader.GetBoolean(13),
            OptionalId(reader, 14), reader.GetBoolean(15));

        public FoundOperation ToFound(List<Row> payment)
        {
            var (receivable, amount) = Kind switch
            {
                "refund" => (-Amount, -Amount),
                "dispute" => (checked(-Amount - ProcessorFee), -Amount),
                "dispute_won" => payment.First(row => row.Id == About) is var dispute
                    ? (checked(dispute.Amount + dispute.ProcessorFee - ProcessorFee), dispute.Amount)
                    : default,
                _ => (Amount, Amount),
            };
            var isDispute = Kind is "dispute" or "dispute_won";
            return new(
                new(
                    Id, StatusNames.Parse<OperationStatus>(Status, StatusNames.Name), new(receivable, Domain.Currency.Of(Currency)), amount, CreatedAt, BookedAt,
                    isDispute || HasLeft ? null : Booked ?? 0, IsAccountedFor),
                MissingBreak);
        }

        private static Guid? OptionalId(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);
    }
}
