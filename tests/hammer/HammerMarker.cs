namespace Payments.Hammer;

/// <summary>Tells a test where this program's assembly lies.</summary>
public static class HammerMarker;
