using System.CommandLine;
using Payments.Storage.Postgres;

namespace Payments.Tools.Commands;

/// <summary><c>payments migrate</c>: brings the database to this program's schema.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command("migrate", "Brings the database to this program's schema.").WithExamples("""
            Creates the database, its two roles and its schema as far as they are missing, and applies new migrations.
            Safe to run at any time and from many places at once. Refuses when an applied migration was changed, and when the
            database is newer than this program.

            Example:
              PAYMENTS_OWNER_DATABASE="Host=127.0.0.1;Database=payments;Username=postgres;Password=..." \
              PAYMENTS_APP_PASSWORD=... payments migrate
            """);
        command.SetAction(async (_, cancellationToken) =>
        {
            var applied = await Migrations.ApplyAsync(
                Settings.Required("PAYMENTS_OWNER_DATABASE"), Settings.Required("PAYMENTS_APP_PASSWORD"), cancellationToken);
            foreach (var name in applied)
            {
                Console.WriteLine($"applied {name}");
            }

            Console.WriteLine($"The database is at migration {Migrations.Newest}.");
            return ExitCode.Ok;
        });
        return command;
    }
}
