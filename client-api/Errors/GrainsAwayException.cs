namespace Payments.ClientApi.Errors;

/// <summary>No node is there that runs grains: nothing was sent.</summary>
public sealed class GrainsAwayException() : Exception("No node that runs grains can be reached.");
