using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.References;

/// <summary>
/// The wall: the rows that posting an entry writes, in batches, on as many connections as a node has, with nothing around it: no grains, no rules, no
/// triggers, no chain. One account is in every entry, as in the ledger's own measurement.
/// </summary>
internal sealed class BatchedSql(Cluster cluster)
{
    private const string Database = "bench_wall";
    private const int Connections = 2;
    private const int Accounts = 1_000;

    private long next;

    public async Task PrepareAsync()
    {
        await cluster.CreateAsync(Database);
        await cluster.ExecuteAsync(Database,
            """
            CREATE TABLE batches (writer bigint, n bigint, PRIMARY KEY (writer, n));
            CREATE TABLE seals (writer bigint, n bigint, prev_hash bytea, hash bytea, verdicts smallint[], details text[], sealed_at timestamptz, PRIMARY KEY (writer, n));
            CREATE TABLE accounts (no bigint PRIMARY KEY, balance bigint NOT NULL, seq bigint NOT NULL, last_posted_at timestamptz) WITH (fillfactor = 50);
            CREATE TABLE entries (id uuid PRIMARY KEY, kind text, merchant_id text COLLATE "C", payment_id uuid, operation_id uuid, posted_at timestamptz, effective_at timestamptz,
                writer bigint, batch bigint, position integer);
            CREATE TABLE own_entries (entry_id uuid PRIMARY KEY, merchant_id text COLLATE "C", fingerprint text, description text, metadata jsonb, reverses uuid);
            CREATE TABLE postings (account_no bigint, seq bigint, entry_id uuid, line smallint, currency text, amount bigint, balance_after bigint,
                posted_at timestamptz, PRIMARY KEY (account_no, seq));
            CREATE UNIQUE INDEX postings_of_entry ON postings (posted_at, entry_id, line);
            INSERT INTO accounts SELECT no, 0, 0, now() FROM generate_series(0, 999) no;
            """);
    }

    /// <summary>Entries a second.</summary>
    public async Task<double> RunAsync(int batchSize, double seconds)
    {
        var clock = Stopwatch.StartNew();
        var run = Interlocked.Increment(ref next);
        var written = await Task.WhenAll(Enumerable.Range(0, Connections).Select(i => Task.Run(() => WriteAsync((run * Connections) + i, batchSize, clock, seconds))));
        return written.Sum() / clock.Elapsed.TotalSeconds;
    }

    private async Task<long> WriteAsync(long writer, int size, Stopwatch clock, double seconds)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(cluster.Owner(Database))
        {
            Options = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off -c plan_cache_mode=force_generic_plan",
            MaxAutoPrepare = 32,
            AutoPrepareMinUsages = 1,
        }.ConnectionString);
        await connection.OpenAsync();
        var (dice, written) = (new Random((int)writer), 0L);
        for (long n = 1; clock.Elapsed.TotalSeconds < seconds; n++)
        {
            await BatchAsync(connection, writer, n, size, dice);
            written += size;
        }

        return written;
    }

    private static async Task BatchAsync(NpgsqlConnection connection, long writer, long n, int size, Random dice)
    {
        const string merchant = "mer_00000000000000000000000001";
        var ids = Enumerable.Range(0, size).Select(_ => Guid.NewGuid()).ToArray();
        var others = Enumerable.Range(0, size).Select(_ => (long)dice.Next(1, Accounts)).ToArray();
        var touched = others.Append(0).Distinct().Order().ToArray();
        var (now, hash) = (TimeProvider.System.GetUtcNow().UtcDateTime, new byte[32]);
        await using var transaction = await connection.BeginTransactionAsync();
        var rows = new Dictionary<long, (long Balance, long Seq)>();
        await using (var claim = new NpgsqlBatch(connection))
        {
            Add(claim, "INSERT INTO batches VALUES ($1, $2)", writer, n);
            Add(claim, "SELECT no, balance, seq FROM accounts WHERE no = ANY ($1) ORDER BY no FOR NO KEY UPDATE", [touched]);
            await using var reader = await claim.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                rows[reader.GetInt64(0)] = (reader.GetInt64(1), reader.GetInt64(2));
            }
        }

        var lines = new List<(long Account, long Seq, Guid Entry, short Line, long Amount, long After)>();
        for (var i = 0; i < size; i++)
        {
            foreach (var (account, line, amount) in new[] { (0L, (short)0, -100L), (others[i], (short)1, 100L) })
            {
                var (balance, seq) = rows[account] = (rows[account].Balance + amount, rows[account].Seq + 1);
                lines.Add((account, seq, ids[i], line, amount, balance));
            }
        }

        await using var write = new NpgsqlBatch(connection);
        Add(write,
            "INSERT INTO entries SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::timestamptz[], $8::bigint[], $9::bigint[], $10::integer[])",
            ids, All("own"), All(merchant), new Guid?[size], new Guid?[size], All(now), All(now), All(writer), All(n), Enumerable.Range(0, size).ToArray());
        Add(write,
            "INSERT INTO own_entries SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::uuid[])",
            ids, All(merchant), All("v1:0000000000000000000000000000000000000000000000000000000000000000"), new string?[size], new string?[size], new Guid?[size]);
        Add(write,
            "UPDATE accounts a SET balance = new.balance, seq = new.seq, last_posted_at = $4 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS new (no, balance, seq) WHERE a.no = new.no",
            touched, touched.Select(no => rows[no].Balance).ToArray(), touched.Select(no => rows[no].Seq).ToArray(), now);
        Add(write,
            "INSERT INTO postings SELECT *, $8 FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::smallint[], $5::text[], $6::bigint[], $7::bigint[])",
            Column(line => line.Account), Column(line => line.Seq), Column(line => line.Entry), Column(line => line.Line), lines.ConvertAll(_ => "EUR").ToArray(),
            Column(line => line.Amount), Column(line => line.After), now);
        Add(write, "INSERT INTO seals VALUES ($1, $2, $3, $4, $5, $6, $7)", writer, n, hash, hash, new short[size], All(""), now);
        await write.ExecuteNonQueryAsync();
        await transaction.CommitAsync();

        T[] All<T>(T value) => Enumerable.Repeat(value, size).ToArray();
        T[] Column<T>(Func<(long Account, long Seq, Guid Entry, short Line, long Amount, long After), T> column) => lines.Select(column).ToArray();
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value is DateTime[]? new() { Value = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz } : new() { Value = value });
        }

        batch.BatchCommands.Add(command);
    }
}
