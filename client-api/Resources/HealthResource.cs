namespace Payments.ClientApi.Resources;

/// <summary>That all is well; anything else is a problem.</summary>
internal sealed record HealthResource([property: OneOf("ok")] string Status);
