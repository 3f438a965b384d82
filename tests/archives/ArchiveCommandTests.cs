using System.Diagnostics;
using Payments.Tests.Support;
using Payments.Tests.Tools;
using Payments.Tools;
using static Payments.Tests.Archives.ArchiveBook;

namespace Payments.Tests.Archives;

/// <summary><c>payments archive</c> as people type it, rightly and wrongly, and killed.</summary>
public sealed class ArchiveCommandTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private ArchiveBook book = null!;
    private CommandLine payments = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        book = await BeginAsync(database);
        await book.LiveThroughAsync(January, 1);
        book.GoTo(February);
        await book.PostOwnAsync(11);
        payments = new(database);
    }

    public async Task DisposeAsync()
    {
        await book.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_month_is_listed_archived_checked_and_verified()
    {
        var list = await payments.OkAsync("archive");
        Assert.DoesNotContain("1970-01", list, StringComparison.Ordinal);
        Assert.Contains("payments periods close 2026-01", list, StringComparison.Ordinal);
        Assert.Contains("it is still being written", list, StringComparison.Ordinal);
        await RefusedAsync("it is not closed", "archive", "2026-01", "--to", book.Folder, "--state", book.State);
        await RefusedAsync("Say where to", "archive", "2026-01", "--state", book.State);
        await RefusedAsync("is no month", "archive", "January", "--to", book.Folder, "--state", book.State);
        await payments.OkAsync("periods", "close", "2026-01");

        Assert.Contains("2026-01 is archived: ", await payments.OkAsync("archive", "2026-01", "--to", book.Folder, "--state", book.State, "--by", "Ada [Counting]"), StringComparison.Ordinal);
        Assert.Contains("by Ada [Counting]; nothing of it is left here", await payments.OkAsync("archive", "2026-01", "--to", book.Folder, "--state", book.State), StringComparison.Ordinal);
        Assert.Contains("archived", await payments.OkAsync("archive"), StringComparison.Ordinal);
        Assert.EndsWith("as they were signed.", await payments.OkAsync("archive", "check", book.Folder, "--state", book.State), StringComparison.Ordinal);
        Assert.Contains("since the archive of 2026-01", await payments.OkAsync("verify", "--state", book.State), StringComparison.Ordinal);

        var elsewhere = Directory.CreateTempSubdirectory("keyless").FullName;
        await RefusedAsync("only with its public key", "verify", "--state", elsewhere);
        await RefusedAsync("only with their public key", "archive", "check", book.Folder, "--state", elsewhere);
        await RefusedAsync("2026-01 or before, which is archived", "report", "trial-balance", "--at", "2026-01-15T00:00:00Z");
        Assert.Contains("gateway:simulator:receivable", await payments.OkAsync("report", "trial-balance", "--at", "2026-01"), StringComparison.Ordinal);

        File.Delete(Path.Combine(book.Folder, "2026-01", "events.csv.gz"));
        var (code, output, _) = await payments.RunAsync("archive", "check", book.Folder, "--state", book.State);
        Assert.Equal((1, true), (code, output.Contains("events.csv.gz is missing", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Books_that_do_not_pass_are_not_signed()
    {
        await payments.OkAsync("periods", "close", "2026-01");
        await database.ExecuteAsync("SET session_replication_role = replica; UPDATE payment_audit SET code = 'x' WHERE version = 1");
        var (code, output, error) = await payments.RunAsync("archive", "2026-01", "--to", book.Folder, "--state", book.State);
        Assert.Equal((1, true, true), (code, output.Contains("chain breach", StringComparison.Ordinal), error.Contains("nothing was archived", StringComparison.Ordinal)));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM archives"));
    }

    [Fact]
    public async Task Killed_again_and_again_it_comes_to_its_end()
    {
        await payments.OkAsync("periods", "close", "2026-01");
        // A process needs some time until it begins; then it gets ever more of it.
        for (var patience = TimeSpan.FromMilliseconds(600); ; patience += TimeSpan.FromMilliseconds(150))
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Cli).Assembly.Location, "archive", "2026-01", "--to", book.Folder, "--state", book.State])
            {
                Environment = { ["PAYMENTS_DATABASE"] = database.App, ["PAYMENTS_OWNER_DATABASE"] = database.Owner },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            using var limit = new CancellationTokenSource(patience);
            try
            {
                await process.WaitForExitAsync(limit.Token);
                Assert.True(process.ExitCode == 0, await process.StandardError.ReadToEndAsync());
                break;
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync();
                await book.PostOwnAsync(100 + (int)patience.TotalMilliseconds);
            }
        }

        await book.PassesAsync();
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_2026\\_01%'"));
        Assert.Contains("as they were signed.", await payments.OkAsync("archive", "check", book.Folder, "--state", book.State), StringComparison.Ordinal);
    }

    private async Task RefusedAsync(string why, params string[] arguments)
    {
        var (code, _, error) = await payments.RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }
}
