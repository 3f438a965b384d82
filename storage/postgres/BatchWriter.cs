using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>
/// Writes batches of commits, each in one READ COMMITTED transaction under the number <c>(writer, n)</c>. One incarnation, one chain.
/// Two round trips: claim the number and lock the rows; then write what was judged, and commit.
/// </summary>
/// <remarks>Locks are always taken in the same order, over the whole batch: the books (shared), payments, payouts, accounts, merchants, each sorted. Rows are locked by
/// <c>SELECT … ORDER BY … FOR NO KEY UPDATE</c>; an <c>UPDATE … FROM</c> would lock in the order of its plan, and deadlock.</remarks>
internal sealed class BatchWriter(NpgsqlDataSource database, AccountNumbers accounts, TimeProvider time, long writer)
{
    private const string UniqueViolation = PostgresErrorCodes.UniqueViolation;

    private const string OperationColumns =
        """
        merchant_id, payment_id, id, kind, status, amount, fingerprint, reason, created_at, position, attempt,
            attempt_kind, claimed_at, answer, sends, proven_unsent, first_sent_at, last_sent_at, next_action_at, processor_reference, code,
            is_final_capture, fee, metadata, processor_fee, about, trace
        """;

    private const string OperationRows =
        """
        unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
            $9::timestamptz[], $10::integer[], $11::integer[], $12::text[], $13::timestamptz[], $14::text[], $15::integer[], $16::integer[],
            $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::text[], $21::text[], $22::boolean[], $23::bigint[], $24::jsonb[],
            $25::bigint[], $26::uuid[], $27::text[])
        """;

    private long sealedBatches;
    private byte[] head = BookChain.Genesis;
    private DateTimeOffset endOfMonth = DateTimeOffset.MinValue;

    /// <summary>Writes a batch, or finds that an earlier try of the same batch was committed, and answers each commit.</summary>
    /// <exception cref="PostgresException">A statement failed; nothing was written.</exception>
    /// <exception cref="NpgsqlException">The connection was lost; the same batch must be tried again until its outcome is known.</exception>
    public async Task<ImmutableArray<CommitResult>> WriteAsync(IReadOnlyList<Commit> commits)
    {
        await using var connection = await database.OpenConnectionAsync();
        if (time.Now() > endOfMonth)
        {
            await TurnAsync(connection);
        }

        var numbers = await accounts.ResolveAsync(connection, commits);
        var n = sealedBatches + 1;
        ImmutableArray<CommitResult> results;
        byte[] hash;
        try
        {
            var rows = await LockAsync(connection, n, commits, numbers);
            var judged = BatchJudge.Judge(commits, rows, time.Now());
            hash = BookChain.Seal(head, writer, n, judged);
            await SaveAsync(connection, n, judged, rows, hash);
            results = judged.Results;
        }
        catch (PostgresException exists) when (exists is { SqlState: UniqueViolation, ConstraintName: "ledger_batches_pkey" })
        {
            (results, hash) = await ReadSealAsync(connection, n);
        }

        (sealedBatches, head) = (n, hash);
        return results;
    }

    // In a transaction of its own, which holds no lock of the books yet. Where the database's clock is behind ours, the books stay where they are.
    private async Task TurnAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT turn_books($1)", connection);
        command.Parameters.Add(new() { Value = DateOnly.FromDateTime(time.Now().UtcDateTime) });
        await command.ExecuteNonQueryAsync();
    }

    private async Task<LockedRows> LockAsync(
        NpgsqlConnection connection, long n, IReadOnlyList<Commit> commits, IReadOnlyDictionary<string, long> numbers)
    {
        var payouts = commits.Where(commit => commit.Payout is not null).Select(commit => (commit.Payout!.MerchantId, commit.Payout.Id)).Distinct().ToArray();
        var payments = commits.Where(commit => commit.Payment is not null).Select(commit => (commit.Payment!.MerchantId, commit.Payment.Id)).Distinct().ToArray();
        var entries = commits.Where(commit => commit is { Payment: null, Entry: not null }).Select(commit => commit.Entry!.Id).ToArray();
        var reversed = commits.Where(commit => commit.Entry?.Own?.Reverses is not null).Select(commit => commit.Entry!.Own!.Reverses!.Value).ToArray();
        LockedRows? rows = null;
        var take = new List<Action<NpgsqlDataReader>>();
        await using var batch = new NpgsqlBatch(connection);
        // Begun and committed with what is sent anyway. Whoever closes the connection earlier rolls back.
        Add(batch, "BEGIN ISOLATION LEVEL READ COMMITTED");
        Add(batch, "INSERT INTO ledger_batches (writer, n) VALUES ($1, $2)", writer, n);
        Query(_ => { }, "SELECT lock_books()");
        // A statement of its own, so that it reads what was committed before the lock was ours.
        Query(row => rows = new() { FixedUntil = Time(row, 0), Month = Month.Of(new(row.GetFieldValue<DateOnly>(1), default, TimeSpan.Zero)) }, "SELECT fixed_until, month FROM books");
        if (payments.Length > 0)
        {
            Query(
                row => rows!.Payments.Add((row.GetString(0), row.GetGuid(1)), new(row.GetInt64(2), row.GetInt64(3))),
                """
                SELECT p.merchant_id, p.id, p.version, p.event_seq
                FROM unnest($1::text[], $2::uuid[]) AS wanted (merchant_id, id) JOIN payments p ON p.merchant_id = wanted.merchant_id AND p.id = wanted.id
                ORDER BY p.merchant_id, p.id FOR NO KEY UPDATE OF p
                """,
                payments.Select(payment => payment.MerchantId).ToArray(), payments.Select(payment => payment.Id).ToArray());
        }

        if (payouts.Length > 0)
        {
            Query(
                row => rows!.Payouts.Add((row.GetString(0), row.GetGuid(1)), row.GetInt64(2)),
                """
                SELECT p.merchant_id, p.id, p.version
                FROM unnest($1::text[], $2::uuid[]) AS wanted (merchant_id, id) JOIN payouts p ON p.merchant_id = wanted.merchant_id AND p.id = wanted.id
                ORDER BY p.merchant_id, p.id FOR NO KEY UPDATE OF p
                """,
                payouts.Select(payout => payout.MerchantId).ToArray(), payouts.Select(payout => payout.Id).ToArray());
        }

        if (numbers.Count > 0)
        {
            Query(
                row => rows!.Accounts.Add(row.GetString(1), new(
                    row.GetInt64(0), row.GetString(1), row.GetBoolean(2), row.IsDBNull(3) ? null : row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), Time(row, 6))),
                "SELECT no, id, grows_by_debit, minimum, balance, seq, last_posted_at FROM accounts WHERE no = ANY ($1) ORDER BY no FOR NO KEY UPDATE",
                [numbers.Values.Distinct().ToArray()]);
        }

        // Locked for its numbers of events, read for its fee. Told apart, so that a batch of new payments waits for nobody.
        var told = commits.Where(commit => commit.Payment is not null && commit.Events.Length > 0).Select(commit => commit.Payment!.MerchantId).Distinct().ToArray();
        var read = payments.Select(payment => payment.MerchantId).Distinct().Except(told).ToArray();
        Merchants(told, "ORDER BY id FOR NO KEY UPDATE");
        Merchants(read, "");
        if (entries.Length > 0)
        {
            Query(row => rows!.Entries.Add(row.GetGuid(0)), "SELECT id FROM journal_entries WHERE id = ANY ($1)", [entries]);
        }

        if (reversed.Length > 0)
        {
            Query(row => rows!.Reversed.Add(row.GetGuid(0)), "SELECT reverses FROM own_entries WHERE reverses = ANY ($1)", [reversed]);
        }

        // What begins and inserts returns no rows: the first result set is the lock's.
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var one in take)
        {
            while (await reader.ReadAsync())
            {
                one(reader);
            }

            await reader.NextResultAsync();
        }

        endOfMonth = rows!.Month!.Value.End;
        return rows;

        void Merchants(string[] ids, string locked)
        {
            if (ids.Length > 0)
            {
                Query(
                    row => rows!.Merchants.Add(row.GetString(0), new(row.GetInt64(1), new(row.GetInt32(2), row.GetInt64(3), row.GetBoolean(4)))),
                    $"SELECT id, event_seq, fee_basis_points, fee_fixed, fee_returned_on_refund FROM merchants WHERE id = ANY ($1) {locked}",
                    [ids]);
            }
        }

        void Query(Action<NpgsqlDataReader> row, string sql, params ReadOnlySpan<object> values)
        {
            Add(batch, sql, values);
            take.Add(row);
        }
    }

    private async Task SaveAsync(NpgsqlConnection connection, long n, JudgedBatch judged, LockedRows rows, byte[] hash)
    {
        await using var batch = new NpgsqlBatch(connection);
        var payments = judged.Writes.Where(write => write.Commit.Payment is not null).ToArray();
        var entries = judged.Writes.Where(write => write.Commit.Entry is not null).ToArray();
        if (payments.Length > 0)
        {
            // Sorted as locks are: of two nodes that make the same payments, each would wait for what the other has inserted.
            InsertPayments(batch, [.. payments.Where(write => write.Commit.Payment!.Version == 1)
                .OrderBy(write => write.Commit.Payment!.MerchantId, StringComparer.Ordinal).ThenBy(write => write.Commit.Payment!.Id)]);
            UpdatePayments(batch, [.. payments.Where(write => write.Commit.Payment!.Version > 1)]);
            SaveOperations(batch, payments);
            InsertAudit(batch, payments, n, judged.WrittenAt);
            InsertEvents(batch, payments, rows, judged.WrittenAt);
            ApplyEvidence(batch, [.. payments.Where(write => write.Commit.Evidence is not null)]);
        }

        if (judged.Writes.Where(write => write.Commit.Payout is not null).ToArray() is { Length: > 0 } payouts)
        {
            InsertPayouts(batch, [.. payouts.Where(write => write.Commit.Payout!.Version == 1)]);
            UpdatePayouts(batch, [.. payouts.Where(write => write.Commit.Payout!.Version > 1)]);
            InsertPayoutAudit(batch, payouts, n, judged.WrittenAt);
        }

        if (entries.Length > 0)
        {
            InsertEntries(batch, entries, n);
            InsertOwnEntries(batch, [.. entries.Where(write => write.Commit.Entry!.Own is not null)]);
            UpdateAccountsAndInsertPostings(batch, entries, rows);
        }

        Add(batch,
            "INSERT INTO ledger_seals (writer, n, prev_hash, hash, verdicts, details, sealed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            writer, n, head, hash,
            judged.Results.Select(result => (short)result.Verdict).ToArray(), judged.Results.Select(result => result.Detail ?? "").ToArray(), judged.WrittenAt);
        Add(batch, "COMMIT");
        await batch.ExecuteNonQueryAsync();
    }

    private static void InsertPayments(NpgsqlBatch batch, JudgedCommit[] writes)
    {
        if (writes.Length == 0)
        {
            return;
        }

        T[] All<T>(Func<PaymentRow, T> column) => Column(writes, write => column(write.Commit.Payment!));
        Add(batch,
            """
            INSERT INTO payments (merchant_id, id, mode, version, status, currency, amount, fee, captured, refunded, refunds_in_flight, gateway,
                payment_method, reference, description, created_at, updated_at, next_action_at, event_seq, capture, captures_in_flight,
                authorized_until, fee_basis_points, fee_fixed, fee_returned_on_refund, customer, statement_descriptor, metadata, routes, return_url,
                action_url, refunds_reversed, disputed)
            SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
                $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[], $16::timestamptz[], $17::timestamptz[],
                $18::timestamptz[], $19::bigint[], $20::text[], $21::bigint[], $22::timestamptz[], $23::integer[], $24::bigint[], $25::boolean[],
                $26::text[], $27::text[], $28::jsonb[], $29::text[], $30::text[], $31::text[], $32::bigint[], $33::bigint[])
            """,
            All(row => row.MerchantId), All(row => row.Id), All(row => row.Mode), All(row => row.Version), All(row => row.Status),
            All(row => row.Currency), All(row => row.Amount), All(row => row.Fee), All(row => row.Captured), All(row => row.Refunded),
            All(row => row.RefundsInFlight), All(row => row.Gateway), All(row => row.PaymentMethod), All(row => row.Reference),
            All(row => row.Description), All(row => row.CreatedAt), All(row => row.UpdatedAt), All(row => row.NextActionAt),
            Column(writes, write => write.PaymentEventSeq), All(row => row.Capture), All(row => row.CapturesInFlight), All(row => row.AuthorizedUntil),
            All(row => row.FeeBasisPoints), All(row => row.FeeFixed), All(row => row.FeeReturnedOnRefund), All(row => row.Customer),
            All(row => row.StatementDescriptor), All(row => row.Metadata), All(row => row.Routes), All(row => row.ReturnUrl), All(row => row.ActionUrl),
            All(row => row.RefundsReversed), All(row => row.Disputed));
    }

    private static void UpdatePayments(NpgsqlBatch batch, JudgedCommit[] writes)
    {
        if (writes.Length == 0)
        {
            return;
        }

        T[] All<T>(Func<PaymentRow, T> column) => Column(writes, write => column(write.Commit.Payment!));
        Add(batch,
            """
            UPDATE payments p SET version = new.version, status = new.status, captured = new.captured, refunded = new.refunded,
                refunds_in_flight = new.refunds_in_flight, updated_at = new.updated_at, next_action_at = new.next_action_at, event_seq = new.event_seq,
                captures_in_flight = new.captures_in_flight, authorized_until = new.authorized_until, fee = new.fee, gateway = new.gateway,
                action_url = new.action_url, refunds_reversed = new.refunds_reversed, disputed = new.disputed
            FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[],
                $9::timestamptz[], $10::bigint[], $11::bigint[], $12::timestamptz[], $13::bigint[], $14::text[], $15::text[], $16::bigint[], $17::bigint[])
                AS new (merchant_id, id, version, status, captured, refunded, refunds_in_flight, updated_at, next_action_at, event_seq,
                    captures_in_flight, authorized_until, fee, gateway, action_url, refunds_reversed, disputed)
            WHERE p.merchant_id = new.merchant_id AND p.id = new.id
            """,
            All(row => row.MerchantId), All(row => row.Id), All(row => row.Version), All(row => row.Status), All(row => row.Captured),
            All(row => row.Refunded), All(row => row.RefundsInFlight), All(row => row.UpdatedAt), All(row => row.NextActionAt),
            Column(writes, write => write.PaymentEventSeq), All(row => row.CapturesInFlight), All(row => row.AuthorizedUntil), All(row => row.Fee),
            All(row => row.Gateway), All(row => row.ActionUrl), All(row => row.RefundsReversed), All(row => row.Disputed));
    }

    // A payment's first operation is new; any other may be. Its payment's row is locked, so nobody else can be inserting it.
    private static void SaveOperations(NpgsqlBatch batch, JudgedCommit[] writes)
    {
        SaveOperations(batch, [.. writes.Where(write => write.Commit.Payment!.Version == 1)], $"INSERT INTO operations ({OperationColumns}) SELECT * FROM {OperationRows}");
        SaveOperations(batch, [.. writes.Where(write => write.Commit.Payment!.Version > 1)],
            $"""
            MERGE INTO operations o USING (SELECT * FROM {OperationRows} AS n ({OperationColumns})) AS new
                ON o.merchant_id = new.merchant_id AND o.payment_id = new.payment_id AND o.id = new.id
            WHEN MATCHED THEN UPDATE SET status = new.status, amount = new.amount, attempt = new.attempt, attempt_kind = new.attempt_kind, claimed_at = new.claimed_at,
                answer = new.answer, sends = new.sends, proven_unsent = new.proven_unsent, first_sent_at = new.first_sent_at, last_sent_at = new.last_sent_at,
                next_action_at = new.next_action_at, processor_reference = new.processor_reference, code = new.code, fee = new.fee
            WHEN NOT MATCHED THEN INSERT ({OperationColumns}) VALUES (new.merchant_id, new.payment_id, new.id, new.kind, new.status, new.amount, new.fingerprint, new.reason,
                new.created_at, new.position, new.attempt, new.attempt_kind, new.claimed_at, new.answer, new.sends, new.proven_unsent, new.first_sent_at, new.last_sent_at,
                new.next_action_at, new.processor_reference, new.code, new.is_final_capture, new.fee, new.metadata, new.processor_fee, new.about, new.trace)
            """);
    }

    private static void SaveOperations(NpgsqlBatch batch, JudgedCommit[] writes, string statement)
    {
        if (writes.Length == 0)
        {
            return;
        }

        T[] All<T>(Func<OperationRow, T> column) => Column(writes, write => column(write.Commit.Operation!));
        Add(batch, statement,
            Column(writes, write => write.Commit.Payment!.MerchantId), Column(writes, write => write.Commit.Payment!.Id),
            All(row => row.Id), All(row => row.Kind), All(row => row.Status), All(row => row.Amount), All(row => row.Fingerprint),
            All(row => row.Reason), All(row => row.CreatedAt), All(row => row.Position), All(row => row.Attempt), All(row => row.AttemptKind),
            All(row => row.ClaimedAt), All(row => row.Answer), All(row => row.Sends), All(row => row.ProvenUnsent), All(row => row.FirstSentAt),
            All(row => row.LastSentAt), All(row => row.NextActionAt), All(row => row.ProcessorReference), All(row => row.Code),
            All(row => row.IsFinalCapture), All(row => row.Fee), All(row => row.Metadata), All(row => row.ProcessorFee), All(row => row.About),
            Column(writes, write => write.Commit.Trace));
    }

    private void InsertAudit(NpgsqlBatch batch, JudgedCommit[] writes, long n, DateTimeOffset writtenAt)
    {
        T[] All<T>(Func<Commit, T> column) => Column(writes, write => column(write.Commit));
        Add(batch,
            """
            INSERT INTO payment_audit (merchant_id, payment_id, version, at, action, status, operation_id, operation_status, attempt, attempt_kind,
                answer, code, position, amount, currency, writer, batch, written_at)
            SELECT *, $16, $17, $18 FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::uuid[], $8::text[],
                $9::integer[], $10::text[], $11::text[], $12::text[], $13::integer[], $14::bigint[], $15::text[])
            """,
            All(commit => commit.Payment!.MerchantId), All(commit => commit.Payment!.Id), All(commit => commit.Payment!.Version),
            All(commit => commit.At), All(commit => commit.Action), All(commit => commit.Payment!.Status), All(commit => commit.Operation!.Id),
            All(commit => commit.Operation!.Status), All(commit => commit.Operation!.Attempt), All(commit => commit.Operation!.AttemptKind),
            All(commit => commit.Operation!.Answer), All(commit => commit.Operation!.Code), Column(writes, write => write.Position),
            All(commit => commit.Operation!.Amount), All(commit => commit.Payment!.Currency), writer, n, writtenAt);
    }

    private static void InsertEvents(NpgsqlBatch batch, JudgedCommit[] writes, LockedRows rows, DateTimeOffset writtenAt)
    {
        var events = writes.SelectMany(write => write.Commit.Events.Select((type, index) => (write, type, index))).ToArray();
        if (events.Length == 0)
        {
            return;
        }

        T[] All<T>(Func<(JudgedCommit Write, string Type, int Index), T> column) => Column(events, column);
        Add(batch,
            """
            INSERT INTO events (merchant_id, seq, payment_id, payment_seq, type, operation_id, version, at, written_at)
            SELECT *, $9 FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::uuid[], $7::bigint[], $8::timestamptz[])
            """,
            All(row => row.Write.Commit.Payment!.MerchantId), All(row => row.Write.FirstEventSeq + row.Index),
            All(row => row.Write.Commit.Payment!.Id), All(row => row.Write.PaymentEventSeq - row.Write.Commit.Events.Length + 1 + row.Index),
            All(row => row.Type), All(row => row.Write.Commit.Operation!.Id), All(row => row.Write.Commit.Payment!.Version), All(row => row.Write.Commit.At),
            writtenAt);

        var merchants = events.Select(row => row.write.Commit.Payment!.MerchantId).Distinct().ToArray();
        Add(batch,
            "UPDATE merchants m SET event_seq = new.event_seq FROM unnest($1::text[], $2::bigint[]) AS new (id, event_seq) WHERE m.id = new.id",
            merchants, Column(merchants, merchant => rows.Merchants[merchant].EventSeq));
    }

    private static void InsertPayouts(NpgsqlBatch batch, JudgedCommit[] writes)
    {
        if (writes.Length == 0)
        {
            return;
        }

        T[] All<T>(Func<PayoutRow, T> column) => Column(writes, write => column(write.Commit.Payout!));
        Add(batch,
            """
            INSERT INTO payouts (merchant_id, id, mode, version, status, currency, amount, bank, destination, holder, description, scheduled_for, fingerprint,
                created_at, updated_at, attempt, attempt_kind, claimed_at, answer, sends, proven_unsent, first_sent_at, last_sent_at, next_action_at, paid_at,
                bank_reference, code, trace)
            SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[],
                $11::text[], $12::date[], $13::text[], $14::timestamptz[], $15::timestamptz[], $16::integer[], $17::text[], $18::timestamptz[], $19::text[],
                $20::integer[], $21::integer[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::text[], $27::text[],
                $28::text[])
            """,
            All(row => row.MerchantId), All(row => row.Id), All(row => row.Mode), All(row => row.Version), All(row => row.Status), All(row => row.Currency),
            All(row => row.Amount), All(row => row.Bank), All(row => row.Destination), All(row => row.Holder), All(row => row.Description),
            All(row => row.ScheduledFor), All(row => row.Fingerprint), All(row => row.CreatedAt), All(row => row.UpdatedAt), All(row => row.Attempt),
            All(row => row.AttemptKind), All(row => row.ClaimedAt), All(row => row.Answer), All(row => row.Sends), All(row => row.ProvenUnsent),
            All(row => row.FirstSentAt), All(row => row.LastSentAt), All(row => row.NextActionAt), All(row => row.PaidAt), All(row => row.BankReference),
            All(row => row.Code), Column(writes, write => write.Commit.Trace));
    }

    private static void UpdatePayouts(NpgsqlBatch batch, JudgedCommit[] writes)
    {
        if (writes.Length == 0)
        {
            return;
        }

        T[] All<T>(Func<PayoutRow, T> column) => Column(writes, write => column(write.Commit.Payout!));
        Add(batch,
            """
            UPDATE payouts p SET version = new.version, status = new.status, updated_at = new.updated_at, attempt = new.attempt, attempt_kind = new.attempt_kind,
                claimed_at = new.claimed_at, answer = new.answer, sends = new.sends, proven_unsent = new.proven_unsent, last_sent_at = new.last_sent_at,
                next_action_at = new.next_action_at, paid_at = new.paid_at, bank_reference = new.bank_reference, code = new.code
            FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[], $5::timestamptz[], $6::integer[], $7::text[], $8::timestamptz[], $9::text[],
                $10::integer[], $11::integer[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::text[], $16::text[])
                AS new (merchant_id, id, version, status, updated_at, attempt, attempt_kind, claimed_at, answer, sends, proven_unsent, last_sent_at, next_action_at,
                    paid_at, bank_reference, code)
            WHERE p.merchant_id = new.merchant_id AND p.id = new.id
            """,
            All(row => row.MerchantId), All(row => row.Id), All(row => row.Version), All(row => row.Status), All(row => row.UpdatedAt), All(row => row.Attempt),
            All(row => row.AttemptKind), All(row => row.ClaimedAt), All(row => row.Answer), All(row => row.Sends), All(row => row.ProvenUnsent),
            All(row => row.LastSentAt), All(row => row.NextActionAt), All(row => row.PaidAt), All(row => row.BankReference), All(row => row.Code));
    }

    private void InsertPayoutAudit(NpgsqlBatch batch, JudgedCommit[] writes, long n, DateTimeOffset writtenAt)
    {
        T[] All<T>(Func<PayoutRow, T> column) => Column(writes, write => column(write.Commit.Payout!));
        Add(batch,
            """
            INSERT INTO payout_audit (merchant_id, payout_id, version, at, action, status, attempt, attempt_kind, answer, code, amount, currency, decided_by, reason,
                position, writer, batch, written_at)
            SELECT *, $16, $17, $18 FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[],
                $10::text[], $11::bigint[], $12::text[], $13::uuid[], $14::text[], $15::integer[])
            """,
            All(row => row.MerchantId), All(row => row.Id), All(row => row.Version), Column(writes, write => write.Commit.At),
            Column(writes, write => write.Commit.Action), All(row => row.Status), All(row => row.Attempt), All(row => row.AttemptKind), All(row => row.Answer),
            All(row => row.Code), All(row => row.Amount), All(row => row.Currency), Column(writes, write => write.Commit.Ruling?.DecidedBy),
            Column(writes, write => write.Commit.Ruling?.Reason), Column(writes, write => write.Position), writer, n, writtenAt);
    }

    // What led to a change is marked as applied with it: never before, and never without it.
    private static void ApplyEvidence(NpgsqlBatch batch, JudgedCommit[] writes)
    {
        if (writes.Length == 0)
        {
            return;
        }

        T[] All<T>(Func<Commit, T> column) => Column(writes, write => column(write.Commit));
        Add(batch,
            """
            UPDATE inbox i SET state = 'applied', merchant_id = new.merchant_id, payment_id = new.payment_id, version = new.version,
                settled_at = new.at, next_try_at = NULL, reason = NULL
            FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::timestamptz[])
                AS new (source, event_id, merchant_id, payment_id, version, at)
            WHERE i.source = new.source AND i.event_id = new.event_id
            """,
            All(commit => commit.Evidence!.Source), All(commit => commit.Evidence!.EventId), All(commit => commit.Payment!.MerchantId),
            All(commit => commit.Payment!.Id), All(commit => commit.Payment!.Version), All(commit => commit.At));
    }

    private void InsertEntries(NpgsqlBatch batch, JudgedCommit[] writes, long n)
    {
        T[] All<T>(Func<EntryRow, T> column) => Column(writes, write => column(write.Commit.Entry!));
        Add(batch,
            """
            INSERT INTO journal_entries (id, kind, merchant_id, payment_id, operation_id, posted_at, position, effective_at, writer, batch)
            SELECT *, $9, $10 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::integer[], $8::timestamptz[])
            """,
            All(entry => entry.Id), All(entry => entry.Kind), All(entry => entry.MerchantId), All(entry => entry.PaymentId),
            All(entry => entry.OperationId), Column(writes, write => write.PostedAt), Column(writes, write => write.Position),
            Column(writes, write => write.EffectiveAt), writer, n);
    }

    private static void InsertOwnEntries(NpgsqlBatch batch, JudgedCommit[] writes)
    {
        if (writes.Length == 0)
        {
            return;
        }

        T[] All<T>(Func<EntryRow, T> column) => Column(writes, write => column(write.Commit.Entry!));
        Add(batch,
            """
            INSERT INTO own_entries (entry_id, merchant_id, fingerprint, description, metadata, reverses)
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::uuid[])
            """,
            All(entry => entry.Id), All(entry => entry.MerchantId), All(entry => entry.Own!.Fingerprint), All(entry => entry.Own!.Description),
            All(entry => entry.Own!.Metadata), All(entry => entry.Own!.Reverses));
    }

    // The accounts first: the trigger on postings holds the new lines against the account rows.
    private static void UpdateAccountsAndInsertPostings(NpgsqlBatch batch, JudgedCommit[] writes, LockedRows rows)
    {
        var touched = writes.SelectMany(write => write.Postings).Select(posting => posting.Account.Id).Distinct().Select(id => rows.Accounts[id]).ToArray();
        Add(batch,
            """
            UPDATE accounts a SET balance = new.balance, seq = new.seq, last_posted_at = new.last_posted_at, previous_posted_at = a.last_posted_at
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[]) AS new (no, balance, seq, last_posted_at) WHERE a.no = new.no
            """,
            Column(touched, account => account.No), Column(touched, account => account.Balance), Column(touched, account => account.Seq),
            Column(touched, account => account.LastPostedAt));

        var lines = writes.SelectMany(write => write.Postings.Select((posting, line) => (write.Commit.Entry!.Id, Line: (short)line, Posting: posting, write.PostedAt))).ToArray();
        Add(batch,
            """
            INSERT INTO postings (account_no, seq, entry_id, line, currency, amount, balance_after, posted_at)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::smallint[], $5::text[], $6::bigint[], $7::bigint[], $8::timestamptz[])
            """,
            Column(lines, line => line.Posting.Account.No), Column(lines, line => line.Posting.Seq), Column(lines, line => line.Id),
            Column(lines, line => line.Line), Column(lines, line => line.Posting.Account.Id[^3..]), Column(lines, line => line.Posting.Amount),
            Column(lines, line => line.Posting.BalanceAfter), Column(lines, line => line.PostedAt));
    }

    private async Task<(ImmutableArray<CommitResult>, byte[])> ReadSealAsync(NpgsqlConnection connection, long n)
    {
        await using var batch = new NpgsqlBatch(connection);
        Add(batch, "ROLLBACK");
        Add(batch, "SELECT verdicts, details, hash FROM ledger_seals WHERE writer = $1 AND n = $2", writer, n);
        await using var reader = await batch.ExecuteReaderAsync();
        if (!await reader.ReadAsync())
        {
            throw new InvalidOperationException($"Batch {n} of writer {writer} exists without its seal.");
        }

        var details = reader.GetFieldValue<string[]>(1);
        return (
            [.. reader.GetFieldValue<short[]>(0).Select((verdict, i) => new CommitResult((CommitVerdict)verdict, details[i].Length == 0 ? null : details[i]))],
            reader.GetFieldValue<byte[]>(2));
    }

    // '-infinity' is an account's time before its first posting.
    private static DateTimeOffset Time(NpgsqlDataReader reader, int column) =>
        reader.GetFieldValue<DateTime>(column) is var time && time == DateTime.MinValue ? DateTimeOffset.MinValue : new DateTimeOffset(time, TimeSpan.Zero);

    private static TColumn[] Column<TRow, TColumn>(TRow[] rows, Func<TRow, TColumn> column) => Array.ConvertAll(rows, row => column(row));

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(Parameter(value));
        }

        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter Parameter(object value) => value switch
    {
        DateTimeOffset[] or DateTimeOffset?[] => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
        _ => new() { Value = value },
    };
}
