using System.CommandLine;
using Payments.Storage.Postgres;

namespace Payments.Tools.Commands;

/// <summary><c>payments checkpoint</c>: signs the heads of all chains now. The nodes do the same each minute.</summary>
internal static class CheckpointCommand
{
    public static Command Create()
    {
        var state = Settings.StateOption();
        var command = new Command("checkpoint", "Signs the heads of all hash chains now, and exports them.") { state }.WithExamples("""
            Stores a signed checkpoint in the database and in DIR/checkpoints. Keep copies of the exported files elsewhere: they are what
            shows that the books behind them were cut or rewritten. The signing key DIR/checkpoint_key.pem is made when it is missing.
            Environment: PAYMENTS_DATABASE.

            Example:
              payments checkpoint --state .data
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var taken = await Checkpoints.TakeAsync(database, parsed.GetRequiredValue(state), TimeProvider.System, cancellationToken);
            Console.WriteLine(taken is null ? "Nothing moved since the latest checkpoint." : $"Took checkpoint {taken.No}.");
            return ExitCode.Ok;
        });
        return command;
    }
}
