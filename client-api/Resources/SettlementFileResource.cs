using System.ComponentModel;
using Payments.Storage;

namespace Payments.ClientApi.Resources;

/// <summary>A settlement file that was imported.</summary>
internal sealed record SettlementFileResource
{
    [Description("What the file is called.")]
    public required string Name { get; init; }

    [OneOf("settlement_file")]
    public string Object => "settlement_file";

    public required string Gateway { get; init; }
    public required string Format { get; init; }

    [Description("How many lines it has that say something about money.")]
    public required int Lines { get; init; }

    public required DateTime ImportedAt { get; init; }

    [Description("An operator's key, the user of the command line, or schedule.")]
    public required string ImportedBy { get; init; }

    public static SettlementFileResource Of(ImportedFile file) => new()
    {
        Name = file.Name,
        Gateway = file.Gateway,
        Format = file.Format,
        Lines = file.Lines,
        ImportedAt = file.ImportedAt.UtcDateTime,
        ImportedBy = file.By,
    };
}
