using System.CommandLine;
using Npgsql;
using Payments.Storage.Postgres;

namespace Payments.Tools;

/// <summary>What commands take from the environment and have in common.</summary>
internal static class Settings
{
    /// <summary>The folder with keys and checkpoints.</summary>
    public static Option<string> StateOption() => new("--state")
    {
        Description = "The folder with keys and checkpoints.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("PAYMENTS_STATE") ?? ".data",
    };

    public static string Required(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
        ? value
        : throw new UnusableException($"Set {variable} first; `payments --help` says what it holds.");

    /// <summary>The database as the nodes see it, after a check that its schema is this program's.</summary>
    public static async Task<NpgsqlDataSource> OpenDatabaseAsync(CancellationToken cancellationToken)
    {
        var builder = new NpgsqlConnectionStringBuilder(Required("PAYMENTS_DATABASE"));
        builder.SearchPath ??= "payments";
        var source = NpgsqlDataSource.Create(builder);
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await Migrations.CheckAsync(connection, cancellationToken);
            return source;
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }
}
