using System.CommandLine;
using Npgsql;
using Payments.Domain;
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

    /// <summary>The external processor.</summary>
    public static Option<Uri?> SimulatorOption() => new("--simulator")
    {
        Description = "The processor, to compare its effects with the books.",
        HelpName = "URL",
        CustomParser = result => Url(result.Tokens[0].Value),
    };

    /// <summary>Reads an http address.</summary>
    public static Uri Url(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")
        ? url
        : throw new UnusableException($"'{text}' is no http address.");

    /// <summary>Reads a month.</summary>
    public static Month Month(string text) => Domain.Month.TryParse(text, out var month)
        ? month
        : throw new UnusableException($"'{text}' is no month such as 2026-10.");

    /// <summary>A variable, or what is in the file that the variable of the same name with <c>_FILE</c> behind it names.</summary>
    public static string Required(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value
        : Environment.GetEnvironmentVariable($"{variable}_FILE") is { Length: > 0 } path && File.Exists(path) ? File.ReadAllText(path).TrimEnd('\r', '\n')
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
