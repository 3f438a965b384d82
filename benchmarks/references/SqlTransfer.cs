using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.References;

/// <summary>What one would write first: a function that moves an amount from an account to another, one transaction a call. All calls take from one account.</summary>
internal sealed class SqlTransfer(Cluster cluster, string folder)
{
    private const string Database = "bench_transfer";
    private const int Clients = 8;

    public async Task PrepareAsync()
    {
        await cluster.CreateAsync(Database);
        await cluster.ExecuteAsync(Database,
            """
            CREATE TABLE accounts (no bigint PRIMARY KEY, balance bigint NOT NULL, seq bigint NOT NULL) WITH (fillfactor = 50);
            CREATE TABLE entries (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), posted_at timestamptz NOT NULL DEFAULT now());
            CREATE TABLE postings (account_no bigint, seq bigint, entry_id uuid NOT NULL, amount bigint NOT NULL, balance_after bigint NOT NULL, PRIMARY KEY (account_no, seq));
            INSERT INTO accounts SELECT no, 0, 0 FROM generate_series(0, 1000) no;
            CREATE FUNCTION transfer(debited bigint, credited bigint, moved bigint) RETURNS void LANGUAGE plpgsql AS $$
            DECLARE
                entry uuid;
                balance_then bigint;
                number bigint;
            BEGIN
                INSERT INTO entries DEFAULT VALUES RETURNING id INTO entry;
                PERFORM 1 FROM accounts WHERE no IN (debited, credited) ORDER BY no FOR NO KEY UPDATE;
                UPDATE accounts SET balance = balance + moved, seq = seq + 1 WHERE no = debited RETURNING balance, seq INTO balance_then, number;
                INSERT INTO postings VALUES (debited, number, entry, moved, balance_then);
                UPDATE accounts SET balance = balance - moved, seq = seq + 1 WHERE no = credited RETURNING balance, seq INTO balance_then, number;
                INSERT INTO postings VALUES (credited, number, entry, -moved, balance_then);
            END $$;
            """);
        await File.WriteAllTextAsync(Script, "\\set other random(1, 1000)\nSELECT transfer(:other, 0, 100);\n");
    }

    private string Script => Path.Combine(folder, "transfer.sql");

    /// <summary>Transfers a second.</summary>
    public async Task<double> RunAsync(double seconds) => TpcB.Number(TpcB.Rate(), await ChildProcess.RunAsync(
        cluster.PgBench, ["-n", "-M", "prepared", "-c", $"{Clients}", "-j", "2", "-T", TpcB.Seconds(seconds), "-f", Script], cluster.Environment(Database)));
}
