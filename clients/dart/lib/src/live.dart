import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import 'package:built_value/serializer.dart';
import 'package:gwansang_api/gwansang_api.dart';
import 'package:web_socket_channel/web_socket_channel.dart';

import 'errors.dart';

/// A message of a live session; `docs/live.md` of the service describes them.
sealed class LiveMessage {
  const LiveMessage();

  /// The message of a WebSocket.
  factory LiveMessage.parse(String text) {
    final json = (jsonDecode(text) as Map<Object?, Object?>).cast<String, Object?>();
    return switch (json['type']) {
      'hello' => Hello._(json),
      'guidance' => Guidance._(json),
      'slow_down' => SlowDown._(json),
      'reading' => LiveReading._(json),
      'error' => LiveProblem(ApiException.ofProblem(json['problem'])),
      _ => const UnknownMessage(),
    };
  }
}

/// The first message: the size and the rate of frames that the service takes.
final class Hello extends LiveMessage {
  Hello._(Map<String, Object?> json)
      : isGuest = json['guest']! as bool,
        maxFrameBytes = json['max_frame_bytes']! as int,
        framesPerSecond = json['frames_per_second']! as int;

  final bool isGuest;
  final int maxFrameBytes;
  final int framesPerSecond;
}

/// The answer to a frame: hints, the most urgent first, and the first of them as a sentence in [text].
final class Guidance extends LiveMessage {
  Guidance._(this.json)
      : hints = (json['hints']! as List<Object?>).cast<String>(),
        text = json['text']! as String,
        progress = (json['progress']! as num).toDouble();

  final List<String> hints;
  final String text;
  final double progress;

  /// The whole message, with pose, quality and face to draw.
  final Map<String, Object?> json;

  /// Whether the reading is being made, so that no more frames are needed.
  bool get isReady => hints.isNotEmpty && hints.first == 'ready';
}

/// Most frames were skipped; this rate can be processed.
final class SlowDown extends LiveMessage {
  SlowDown._(Map<String, Object?> json) : framesPerSecond = json['frames_per_second']! as int;

  final int framesPerSecond;
}

/// The reading of the best frames; the session ends after it.
final class LiveReading extends LiveMessage {
  LiveReading._(Map<String, Object?> json)
      : reading = standardSerializers.deserialize(json['reading'], specifiedType: const FullType(FaceReading))!
            as FaceReading;

  final FaceReading reading;
}

/// An error; the session goes on unless the service closes it.
final class LiveProblem extends LiveMessage {
  const LiveProblem(this.error);

  final ApiException error;
}

/// A message of a newer service.
final class UnknownMessage extends LiveMessage {
  const UnknownMessage();
}

/// A live session: frames out, guidance in, and the reading at the end.
final class LiveSession {
  LiveSession._(this._channel, this._messages, this.hello);

  /// Opens a session over a channel that is ready; throws the [ApiException] that refuses it.
  static Future<LiveSession> open(WebSocketChannel channel, {String? locale, int? birthYear}) async {
    channel.sink.add(jsonEncode({
      'type': 'start',
      if (locale != null) 'locale': locale,
      if (birthYear != null) 'birth_year': birthYear,
    }));
    final messages = StreamIterator(channel.stream.map((text) => LiveMessage.parse(text as String)));
    final first = await messages.moveNext() ? messages.current : null;
    if (first is Hello) return LiveSession._(channel, messages, first);
    await channel.sink.close();
    if (first is LiveProblem) throw first.error;
    throw SocketClosedException(channel.closeCode, null);
  }

  final WebSocketChannel _channel;
  final StreamIterator<LiveMessage> _messages;

  /// The size and the rate of frames that the service takes.
  final Hello hello;

  /// Sends a frame of the camera, best a JPEG of 640 by 480, not mirrored.
  void sendFrame(Uint8List frame) => _channel.sink.add(frame);

  /// Sends the 468 or 478 points of a face mesh instead of a frame, as fractions of it.
  void sendLandmarks(List<List<double>> points, {required int width, required int height, int looks = 1}) {
    final message = {
      'type': 'landmarks',
      'points': points,
      'width': width,
      'height': height,
      'landmark_looks': looks,
    };
    _channel.sink.add(jsonEncode(message));
  }

  /// Returns the next message; throws [SocketClosedException] once the service has closed the session.
  Future<LiveMessage> receive() async {
    if (await _messages.moveNext()) {
      final message = _messages.current;
      _lastProblem = message is LiveProblem ? message.error : null;
      return message;
    }
    throw SocketClosedException(_channel.closeCode, _lastProblem);
  }

  ApiException? _lastProblem;

  /// Sends frames until there is a reading, and returns it; throws [NoReadingException] if they end before.
  ///
  /// Take the newest frame of the camera whenever the stream asks for one: a frame is sent once the last is answered.
  Future<FaceReading> read(Stream<Uint8List> frames, {void Function(Guidance guidance)? onGuidance}) async {
    await for (final frame in frames) {
      sendFrame(frame);
      final message = await receive();
      if (message is Guidance) onGuidance?.call(message);
      if (message is LiveProblem) throw message.error;
      if (message is LiveReading) return message.reading;
      if (message is Guidance && message.isReady) return _reading();
    }
    throw const NoReadingException();
  }

  Future<FaceReading> _reading() async {
    while (true) {
      final message = await receive();
      if (message is LiveProblem) throw message.error;
      if (message is LiveReading) return message.reading;
    }
  }

  /// Ends the session.
  Future<void> close() => _channel.sink.close();
}
