using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>What came of looking at one month's files.</summary>
/// <param name="Mistakes">None: all is well.</param>
public sealed record ArchiveVerdict(Month Month, long Rows, IReadOnlyList<string> Mistakes);

/// <summary>Holds the files of archived months against their manifests, the signature, and what the database has recorded.</summary>
public static class ArchiveVerifier
{
    /// <param name="directory">The folder that months were archived to, with a folder for each.</param>
    /// <exception cref="ArchiveException">There is no public key to check with, or nothing to check.</exception>
    public static async Task<IReadOnlyList<ArchiveVerdict>> CheckAsync(
        NpgsqlDataSource database, string directory, string stateDirectory, IProgress<ArchiveProgress>? progress, CancellationToken cancellationToken)
    {
        using var key = CheckpointKey.Verifier(stateDirectory)
            ?? throw new ArchiveException($"Archives can be trusted only with their public key: {stateDirectory} has no checkpoint_key.pub.pem.");
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var recorded = (await ArchivedMonths.ListAsync(connection, cancellationToken)).ToDictionary(one => one.Month);
        var folders = Directory.Exists(directory)
            ? Directory.EnumerateDirectories(directory).Where(folder => Month.TryParse(Path.GetFileName(folder), out _)).ToDictionary(folder => MonthOf(Path.GetFileName(folder)))
            : [];
        var months = recorded.Keys.Union(folders.Keys).Order().ToArray();
        if (months.Length == 0)
        {
            throw new ArchiveException($"No month is archived, and {directory} holds none.");
        }

        var verdicts = new List<ArchiveVerdict>();
        foreach (var month in months)
        {
            progress?.Report(new($"{month}", verdicts.Count, months.Length));
            var mistakes = new List<string>();
            var rows = folders.TryGetValue(month, out var folder)
                ? await CheckAsync(folder, month, recorded.GetValueOrDefault(month), key, mistakes, cancellationToken)
                : Missing();
            verdicts.Add(new(month, rows, mistakes));

            long Missing()
            {
                mistakes.Add($"{Path.Combine(directory, $"{month}")} is missing");
                return 0;
            }
        }

        return verdicts;
    }

    private static async Task<long> CheckAsync(
        string folder, Month month, ArchivedMonth? recorded, System.Security.Cryptography.ECDsa key, List<string> mistakes, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, SignedArchive.FileName);
        try
        {
            var manifest = SignedArchive.Import(await File.ReadAllTextAsync(path, cancellationToken));
            var document = ArchiveDocument.Read(manifest.Document);
            Add(!key.Vouches(manifest), $"{path} has a wrong signature: it was changed, or signed with another key");
            Add(document.Month != $"{month}", $"{path} is that of {document.Month}");
            Add(recorded is null, $"the database does not know that {month} was archived");
            Add(recorded is not null && recorded.Signed != manifest, $"{path} is not what the database has recorded");
            foreach (var file in document.Files)
            {
                if (await ArchiveFiles.MistakeAsync(folder, file, cancellationToken) is { } mistake)
                {
                    mistakes.Add(mistake);
                }
            }

            return document.Files.Sum(file => file.Rows);
        }
        catch (Exception unreadable) when (unreadable is FormatException or FileNotFoundException)
        {
            mistakes.Add($"{path} is missing, or no manifest of an archive");
            return 0;
        }

        void Add(bool isWrong, string mistake)
        {
            if (isWrong)
            {
                mistakes.Add(mistake);
            }
        }
    }

    private static Month MonthOf(string? name) => Month.TryParse(name ?? "", out var month) ? month : throw new FormatException($"{name} is no month.");
}
