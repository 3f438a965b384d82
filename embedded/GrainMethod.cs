using System.Collections.Concurrent;
using System.Diagnostics;
using System.Linq.Expressions;
using System.Reflection;
using Orleans;
using Orleans.Concurrency;

namespace Payments.Embedded;

/// <summary>A method of a grain interface: what its attributes say, and compiled code that calls it.</summary>
internal sealed class GrainMethod
{
    /// <summary>Named as Orleans names its own, so that whoever listens need not know which engine runs.</summary>
    internal static readonly ActivitySource Spans = new("Microsoft.Orleans.Application");

    private static readonly ConcurrentDictionary<MethodInfo, GrainMethod> Known = new();

    private readonly Func<GrainMethod, object?[], Interleaving, GrainCall> _newCall;

    private GrainMethod(MethodInfo method)
    {
        Name = $"{method.DeclaringType!.Name}.{method.Name}";
        SpanName = $"{method.DeclaringType.Name}/{method.Name}";
        IsOneWay = method.IsDefined(typeof(OneWayAttribute));
        ResponseTimeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout;
        Interleaving = method.IsDefined(typeof(AlwaysInterleaveAttribute)) ? Interleaving.Always
            : method.IsDefined(typeof(ReadOnlyAttribute)) ? Interleaving.Reads
            : Interleaving.Exclusive;
        Invoke = Compile(method);
        if (method.ReturnType == typeof(Task))
        {
            _newCall = static (method, arguments, interleaving) => new PlainCall(method, arguments) { Interleaving = interleaving };
        }
        else
        {
            var factory = typeof(GrainMethod).GetMethod(nameof(NewResultCall), BindingFlags.NonPublic | BindingFlags.Static)!;
            _newCall = factory.MakeGenericMethod(method.ReturnType.GetGenericArguments())
                .CreateDelegate<Func<GrainMethod, object?[], Interleaving, GrainCall>>();
        }
    }

    internal string Name { get; }

    internal string SpanName { get; }

    internal Interleaving Interleaving { get; }

    internal bool IsOneWay { get; }

    internal TimeSpan? ResponseTimeout { get; }

    internal Func<object, object?[], Task> Invoke { get; }

    internal static GrainMethod Of(MethodInfo method) => Known.GetOrAdd(method, static method => new GrainMethod(method));

    /// <summary>Grain interfaces are checked when a node starts, not when somebody calls the wrong method.</summary>
    internal static void Check(Type grainInterface)
    {
        foreach (var method in grainInterface.GetMethods())
        {
            var returns = method.ReturnType;
            if (returns != typeof(Task) && !(returns.IsGenericType && returns.GetGenericTypeDefinition() == typeof(Task<>)))
            {
                throw new NotSupportedException($"{grainInterface.Name}.{method.Name} must return Task or Task<T>.");
            }

            if (method.IsGenericMethod || method.GetParameters().Any(parameter => parameter.ParameterType.IsByRef))
            {
                throw new NotSupportedException($"{grainInterface.Name}.{method.Name} must not be generic or take references.");
            }
        }
    }

    internal GrainCall NewCall(object?[] arguments, bool reentrant) =>
        _newCall(this, arguments, reentrant ? Interleaving.Always : Interleaving);

    private static ResultCall<T> NewResultCall<T>(GrainMethod method, object?[] arguments, Interleaving interleaving) =>
        new(method, arguments) { Interleaving = interleaving };

    private static Func<object, object?[], Task> Compile(MethodInfo method)
    {
        var grain = Expression.Parameter(typeof(object));
        var arguments = Expression.Parameter(typeof(object[]));
        var call = Expression.Call(
            Expression.Convert(grain, method.DeclaringType!),
            method,
            method.GetParameters().Select((parameter, index) =>
                Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant(index)), parameter.ParameterType)));
        return Expression.Lambda<Func<object, object?[], Task>>(call, grain, arguments).Compile();
    }
}
