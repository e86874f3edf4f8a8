import 'dart:async';
import 'dart:convert';

import 'package:built_value/serializer.dart';
import 'package:gwansang_api/gwansang_api.dart';
import 'package:web_socket_channel/web_socket_channel.dart';

import 'errors.dart';

const _lossesBeforePolling = 2;
const _ended = {'done', 'failed', 'cancelled'};

/// A change of a task; [task] is the whole of it at the end.
final class TaskEvent {
  const TaskEvent({required this.version, required this.status, required this.progress, this.stage, this.task});

  /// The event of a message of the WebSocket.
  factory TaskEvent.fromJson(Map<String, Object?> json) => TaskEvent(
        version: json['version']! as int,
        status: json['status']! as String,
        progress: (json['progress']! as num).toDouble(),
        stage: json['stage'] as String?,
        task: json['task'] == null
            ? null
            : standardSerializers.deserialize(json['task'], specifiedType: const FullType(TaskOut)) as TaskOut?,
      );

  /// The event of a state that was asked for.
  factory TaskEvent.of(TaskOut task) {
    final isFinished = _ended.contains(task.status.name);
    return TaskEvent(
      version: task.version,
      status: task.status.name,
      progress: task.progress.toDouble(),
      stage: task.stage,
      task: isFinished ? task : null,
    );
  }

  final int version;
  final String status;
  final double progress;
  final String? stage;
  final TaskOut? task;

  /// Whether the task has ended, with a result or without.
  bool get isFinished => _ended.contains(status);
}

/// Watches one task over a WebSocket, and by polling if none can be had.
final class TaskWatcher {
  TaskWatcher({required this.connect, required this.read});

  /// Opens the WebSocket of the task, with `after` as its parameter.
  final Future<WebSocketChannel> Function(int? after) connect;

  /// Reads the task.
  final Future<TaskOut> Function() read;

  int? _version;
  int _losses = 0;

  /// Yields the state of the task and then every change, up to its end.
  Stream<TaskEvent> events() async* {
    while (true) {
      final changes = _losses >= _lossesBeforePolling ? _polled() : _heard();
      await for (final event in changes) {
        _version = event.version;
        yield event;
        if (event.isFinished) return;
      }
    }
  }

  Stream<TaskEvent> _heard() async* {
    final channel = await connect(_version);
    try {
      await channel.ready;
    } on Exception {
      _losses += 1;
      return;
    }
    try {
      await for (final message in channel.stream) {
        yield _event(message);
        _losses = 0;
      }
      _losses += 1; // it ended before the task
    } on Exception {
      _losses += 1; // polling throws an error that stays
    } finally {
      unawaited(channel.sink.close());
    }
  }

  TaskEvent _event(Object? message) {
    final json = (jsonDecode(message! as String) as Map<Object?, Object?>).cast<String, Object?>();
    if (json['type'] == 'error') throw ApiException.ofProblem(json['problem']);
    return TaskEvent.fromJson(json);
  }

  Stream<TaskEvent> _polled() async* {
    var pause = const Duration(milliseconds: 500);
    while (true) {
      final event = TaskEvent.of(await read());
      if (event.version != _version) {
        pause = const Duration(milliseconds: 500);
        yield event;
      }
      await Future<void>.delayed(pause);
      if (pause < const Duration(seconds: 5)) pause *= 1.5;
    }
  }
}

/// Returns the task of its last event; throws [TaskFailedException] if it has no result.
TaskOut finishedTask(TaskEvent event) {
  final task = event.task!;
  if (event.status == 'done') return task;
  final error = task.error;
  throw TaskFailedException(error?.code ?? event.status.toUpperCase(), error?.message ?? 'The task was cancelled.');
}
