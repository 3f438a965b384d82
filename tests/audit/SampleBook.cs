using Npgsql;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Tests.Audits;

/// <summary>
/// Writes consistent books by the real rules (state machine, judge, chain) and plain SQL. It is the only writer of its database, so it
/// needs no locks; what it writes is what an audit must find whole.
/// </summary>
public sealed class SampleBook(NpgsqlDataSource database)
{
    private static readonly GatewayCapabilities Gateway = new(TimeSpan.FromHours(24), true, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10));
    private static readonly string[] Currencies = ["EUR", "JPY", "KWD"];

    private readonly LockedRows rows = new();
    private readonly List<Commit> waiting = [];
    private readonly Dictionary<long, (long N, byte[] Hash)> chains = [];
    private DateTimeOffset now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public string Merchant { get; } = Ids.Format(Ids.MerchantPrefix, new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]));

    /// <summary>What the processor did: id, kind, reference, amount, currency.</summary>
    public List<(long Id, string Kind, string Reference, long Amount, string Currency)> Effects { get; } = [];

    public async Task BeginAsync()
    {
        await ExecuteAsync(
            "INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, created_at) VALUES ($1, 'Sample', 'test', $2, 290, 30, now())",
            Merchant, new byte[32]);
        await ExecuteAsync("INSERT INTO ledger_writers (node, started_at) VALUES ('a', now()), ('b', now())");
        (chains[1], chains[2]) = ((0, BookChain.Genesis), (0, BookChain.Genesis));
        rows.Merchants[Merchant] = 0;
    }

    /// <summary>Payments of every fate, numbered from <paramref name="first"/>, in batches of both writers.</summary>
    public async Task WriteAsync(int first, int count, int batchSize = 7)
    {
        for (var i = first; i < first + count; i++)
        {
            Write(i);
            if (waiting.Count >= batchSize)
            {
                await CommitAsync(1 + i % 2);
            }
        }

        await CommitAsync(1);
    }

    // The whole life of one payment. What it comes to is in its number.
    private void Write(int i)
    {
        var payment = Do(null, new ChargeCommand
        {
            MerchantId = Merchant,
            PaymentId = PaymentId(i),
            Mode = Mode.Test,
            Amount = new(1000 + i, Currency.Of(Currencies[i % 3])),
            Fee = i % 11 == 0 ? new(0, 0) : new(290, 30),
            GatewayName = "simulator",
            PaymentMethod = "tok_approve",
            Fingerprint = "1",
            Now = Tick(),
            Gateway = Gateway,
            Retries = RetrySchedule.Default,
            Jitter = 0,
        });
        switch (i % 8)
        {
            case 0:
                break; // still processing
            case 1:
                Answer(payment, payment.Charge, GatewayAnswerKind.Declined);
                break;
            case 2:
                Answer(payment, payment.Charge, GatewayAnswerKind.NotSent);
                break;
            case 3:
                payment = Answer(payment, payment.Charge, GatewayAnswerKind.Unknown);
                now += TimeSpan.FromMinutes(1);
                payment = Do(payment, new WakeCommand { Now = Tick(), Gateway = Gateway, Retries = RetrySchedule.Default, Jitter = 0 });
                Answer(payment, payment.Charge, GatewayAnswerKind.Approved);
                break;
            default:
                payment = Answer(payment, payment.Charge, GatewayAnswerKind.Approved);
                payment = i % 8 == 4 ? payment : Refund(payment, 1, 300, i % 8 == 5 ? GatewayAnswerKind.Declined : GatewayAnswerKind.Approved);
                if (i % 8 == 6)
                {
                    Refund(payment, 2, null, GatewayAnswerKind.Approved);
                }
                else if (i % 8 == 7)
                {
                    Refund(payment, 2, 200, null);
                }

                break;
        }
    }

    /// <summary>The id of a payment by its number.</summary>
    public static Guid PaymentId(int i) => Ids.Payment(new byte[32], Mode.Test, $"key-{i}");

    private Payment Refund(Payment payment, int number, long? amount, GatewayAnswerKind? answer)
    {
        payment = Do(payment, new RefundCommand
        {
            RefundId = Ids.Refund(new byte[32], Mode.Test, payment.Id, $"refund-{number}"),
            Amount = amount,
            Fingerprint = "1",
            Now = Tick(),
            Gateway = Gateway,
            Retries = RetrySchedule.Default,
            Jitter = 0,
        });
        return answer is { } kind ? Answer(payment, payment.Operations[^1], kind) : payment;
    }

    private Payment Answer(Payment payment, Operation operation, GatewayAnswerKind kind)
    {
        if (kind == GatewayAnswerKind.Approved)
        {
            Effects.Add((Effects.Count + 1, operation.Kind.Name(), Ids.ProcessorReference(operation.Id), operation.Amount, payment.Currency.Code));
        }

        return Do(payment, new AnswerCommand
        {
            OperationId = operation.Id,
            Attempt = operation.Attempt,
            Answer = new(kind, "ext", kind == GatewayAnswerKind.Declined ? "insufficient_funds" : null),
            Now = Tick(),
            Gateway = Gateway,
            Retries = RetrySchedule.Default with { MaxUnsentAttempts = 1 },
            Jitter = 0,
        });
    }

    private Payment Do(Payment? payment, PaymentCommand command)
    {
        var accepted = (Decision.Accept)PaymentStateMachine.Decide(payment, command);
        waiting.Add(accepted.ToCommit());
        return accepted.Next;
    }

    private DateTimeOffset Tick() => now += TimeSpan.FromMilliseconds(3);

    private async Task CommitAsync(long writer)
    {
        if (waiting.Count == 0)
        {
            return;
        }

        foreach (var posting in waiting.SelectMany(commit => commit.Entry?.Postings ?? []).Where(posting => !rows.Accounts.ContainsKey(posting.Account)))
        {
            var id = AccountId.Parse(posting.Account);
            var no = rows.Accounts.Count + 1;
            rows.Accounts[posting.Account] = new(no, posting.Account, ChartOfAccounts.GrowsByDebit(id), null, 0, 0, DateTimeOffset.MinValue);
            await ExecuteAsync(
                "INSERT INTO accounts (no, id, merchant_id, currency, grows_by_debit) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5)",
                (long)no, posting.Account, (object?)ChartOfAccounts.Owner(id) ?? DBNull.Value, id.Currency.Code, ChartOfAccounts.GrowsByDebit(id));
        }

        var judged = BatchJudge.Judge(waiting, rows, Tick());
        var (n, previous) = (chains[writer].N + 1, chains[writer].Hash);
        var hash = BookChain.Seal(previous, writer, n, judged);
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection);
        Add(batch, "INSERT INTO ledger_batches (writer, n) VALUES ($1, $2)", writer, n);
        foreach (var write in judged.Writes)
        {
            AddCommit(batch, write, writer, n);
        }

        foreach (var account in judged.Writes.SelectMany(write => write.Postings).Select(posting => rows.Accounts[posting.Account.Id]).Distinct())
        {
            Add(batch, "UPDATE accounts SET balance = $2, seq = $3, last_posted_at = $4 WHERE no = $1", account.No, account.Balance, account.Seq, account.LastPostedAt);
        }

        // One statement: what it adds must balance as a whole.
        var lines = judged.Writes.SelectMany(write => write.Postings.Select((posting, line) => (Entry: write.Commit.Entry!, posting, line))).ToList();
        Add(batch, "INSERT INTO postings (account_no, seq, entry_id, line, currency, amount, balance_after) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)",
            lines.Select(line => line.posting.Account.No).ToArray(), lines.Select(line => line.posting.Seq).ToArray(),
            lines.Select(line => line.Entry.Id).ToArray(), lines.Select(line => (short)line.line).ToArray(),
            lines.Select(line => line.posting.Account.Id[^3..]).ToArray(), lines.Select(line => line.posting.Amount).ToArray(),
            lines.Select(line => line.posting.BalanceAfter).ToArray());
        Add(batch, "UPDATE merchants SET event_seq = $2 WHERE id = $1", Merchant, rows.Merchants[Merchant]);
        Add(batch, "INSERT INTO ledger_seals (writer, n, prev_hash, hash, verdicts, details, sealed_at) VALUES ($1, $2, $3, $4, '{}', '{}', now())",
            writer, n, previous, hash);
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        chains[writer] = (n, hash);
        waiting.Clear();
    }

    private static void AddCommit(NpgsqlBatch batch, JudgedCommit write, long writer, long n)
    {
        var (commit, payment, operation) = (write.Commit, write.Commit.Payment!, write.Commit.Operation!);
        Add(batch, """
            INSERT INTO payments (merchant_id, id, mode, version, status, currency, amount, fee, captured, refunded, refunds_in_flight, gateway,
                                  payment_method, created_at, updated_at, next_action_at, event_seq)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            ON CONFLICT (merchant_id, id) DO UPDATE SET version = excluded.version, status = excluded.status, captured = excluded.captured,
                refunded = excluded.refunded, refunds_in_flight = excluded.refunds_in_flight, updated_at = excluded.updated_at,
                next_action_at = excluded.next_action_at, event_seq = excluded.event_seq
            """, payment.MerchantId, payment.Id, payment.Mode, payment.Version, payment.Status, payment.Currency, payment.Amount, payment.Fee,
            payment.Captured, payment.Refunded, payment.RefundsInFlight, payment.Gateway, payment.PaymentMethod, payment.CreatedAt,
            payment.UpdatedAt, (object?)payment.NextActionAt ?? DBNull.Value, write.PaymentEventSeq);
        Add(batch, """
            INSERT INTO operations (merchant_id, payment_id, id, kind, status, amount, fingerprint, created_at, position, attempt, attempt_kind,
                                    claimed_at, answer, sends, proven_unsent, first_sent_at, last_sent_at, next_action_at, code)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            ON CONFLICT (merchant_id, payment_id, id) DO UPDATE SET status = excluded.status, attempt = excluded.attempt,
                attempt_kind = excluded.attempt_kind, claimed_at = excluded.claimed_at, answer = excluded.answer, sends = excluded.sends,
                proven_unsent = excluded.proven_unsent, last_sent_at = excluded.last_sent_at, next_action_at = excluded.next_action_at, code = excluded.code
            """, payment.MerchantId, payment.Id, operation.Id, operation.Kind, operation.Status, operation.Amount, operation.Fingerprint,
            operation.CreatedAt, operation.Position, operation.Attempt, operation.AttemptKind, operation.ClaimedAt,
            (object?)operation.Answer ?? DBNull.Value, operation.Sends, operation.ProvenUnsent, operation.FirstSentAt, operation.LastSentAt,
            (object?)operation.NextActionAt ?? DBNull.Value, (object?)operation.Code ?? DBNull.Value);
        Add(batch, """
            INSERT INTO payment_audit (merchant_id, payment_id, version, at, action, status, operation_id, operation_status, attempt, attempt_kind,
                                       answer, code, writer, batch, position, amount, currency)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            """, payment.MerchantId, payment.Id, payment.Version, commit.At, commit.Action, payment.Status, operation.Id, operation.Status,
            operation.Attempt, operation.AttemptKind, (object?)operation.Answer ?? DBNull.Value, (object?)operation.Code ?? DBNull.Value,
            writer, n, write.Position, operation.Amount, payment.Currency);
        foreach (var (type, i) in commit.Events.Select((type, i) => (type, i)))
        {
            Add(batch, "INSERT INTO events VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", payment.MerchantId, write.FirstEventSeq + i, payment.Id,
                write.PaymentEventSeq - commit.Events.Length + 1 + i, type, operation.Id, payment.Version, commit.At);
        }

        if (commit.Entry is { } entry)
        {
            Add(batch, "INSERT INTO journal_entries VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", entry.Id, entry.Kind, entry.MerchantId,
                entry.PaymentId!, entry.OperationId!, write.PostedAt, writer, n, write.Position);
        }
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        batch.BatchCommands.Add(command);
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync();
    }
}
