using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans;
using Orleans.CodeGeneration;
using Payments.Grains;

namespace Payments.Tests.Architecture;

/// <summary>What crosses a grain interface must travel between silos: serializable, with stable names and numbers, and never changed on the way.</summary>
public sealed class MessageTests
{
    private static readonly Type[] Interfaces = [.. new[] { typeof(IPaymentGrain).Assembly, typeof(PaymentGrain).Assembly }
        .SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrainWithStringKey)))];

    internal static readonly Type[] Messages = [.. Interfaces.SelectMany(type => type.GetMethods())
        .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
        .SelectMany(Reachable).Distinct().Where(type => type.Namespace!.StartsWith("Payments", StringComparison.Ordinal))];

    [Fact]
    public void There_is_something_to_check()
    {
        Assert.True(Interfaces.Length >= 5);
        Assert.Contains(typeof(Payments.Storage.PaymentRow), Messages); // found only by following the messages' members
        Assert.Contains(typeof(OperationView), Messages);
    }

    [Fact]
    public void Every_message_is_serializable_under_a_name_of_its_own()
    {
        Assert.All(Messages, type => Assert.True(type.IsDefined(typeof(GenerateSerializerAttribute), false), $"{type} has no [GenerateSerializer]"));
        Assert.All(Messages, type => Assert.True(type.IsDefined(typeof(AliasAttribute), false), $"{type} has no [Alias]"));
        var aliases = Messages.Concat(Interfaces).Select(type => type.GetCustomAttribute<AliasAttribute>()?.Alias).ToArray();
        Assert.All(aliases, Assert.NotNull);
        Assert.Equal(aliases.Length, aliases.Distinct().Count());
        Assert.All(Interfaces.SelectMany(type => type.GetMethods()), method => Assert.True(method.IsDefined(typeof(AliasAttribute)), $"{method} has no [Alias]"));
    }

    // Orleans says which message it lost, and says so with ToString() of each argument. Structs are parts of messages: accounts, amounts, verdicts.
    [Fact]
    public void No_message_prints_what_it_holds() =>
        Assert.All(Messages.Where(type => type.IsClass), type => Assert.Equal(type.Name, RuntimeHelpers.GetUninitializedObject(type).ToString()));

    [Fact]
    public void Every_interface_has_a_version() =>
        Assert.All(Interfaces, type => Assert.True(type.GetCustomAttribute<VersionAttribute>()?.Version >= 1, $"{type} has no [Version]"));

    [Fact]
    public void Every_member_of_a_message_has_a_number_of_its_own()
    {
        foreach (var type in Messages.Where(type => !type.IsEnum))
        {
            var numbers = Members(type).Select(member => member.GetCustomAttribute<IdAttribute>()?.Id).ToArray();
            Assert.True(numbers.Length > 0 && !numbers.Contains(null) && numbers.Distinct().Count() == numbers.Length, $"{type}: {string.Join(", ", numbers)}");
        }
    }

    [Fact]
    public void No_message_can_be_changed()
    {
        foreach (var type in Messages.Where(type => !type.IsEnum))
        {
            Assert.True(type.IsDefined(typeof(Orleans.ImmutableAttribute), false), $"{type} has no [Immutable]");
            Assert.All(Members(type), member => Assert.True(member.SetMethod is null || IsInit(member.SetMethod), $"{type}.{member.Name} can be set"));
            Assert.All(Members(type), member => Assert.False(IsMutableCollection(member.PropertyType), $"{type}.{member.Name} can be changed inside"));
            Assert.All(
                type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public),
                field => Assert.True(field.IsPrivate, $"{type}.{field.Name} is not private"));
        }
    }

    private static bool IsInit(MethodInfo setter) => setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsMutableCollection(Type type) =>
        type.IsArray || (type.IsGenericType && type.Namespace == "System.Collections.Generic");

    private static IEnumerable<PropertyInfo> Members(Type type) => type
        .GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(property => property.GetIndexParameters().Length == 0 && IsStored(property));

    // Computed properties do not travel.
    private static bool IsStored(PropertyInfo property) =>
        property.DeclaringType!.GetField($"<{property.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic) is not null;

    private static IEnumerable<Type> Reachable(Type type)
    {
        var seen = new HashSet<Type>();
        var open = new Stack<Type>([type]);
        while (open.TryPop(out var next))
        {
            if (next.IsGenericType)
            {
                foreach (var argument in next.GetGenericArguments())
                {
                    open.Push(argument);
                }
            }
            else if (next.Namespace?.StartsWith("Payments", StringComparison.Ordinal) == true && seen.Add(next) && !next.IsEnum)
            {
                foreach (var member in Members(next))
                {
                    open.Push(member.PropertyType);
                }
            }
        }

        return seen;
    }
}
